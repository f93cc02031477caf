/* What a workflow cannot do, each by its name. */
#include <string.h>

#include <dalsegno.h>

static const dalsegno_activity_options no_limits = {.maximum_attempts = 1};

/* Values that are no JSON, each by its name. */
static const struct {
    const char *name;
    const char *value;
} unfit[] = {
    {"a-bare-text", "hello"},
    {"a-control-character", "\"a\tb\""},
    {"a-lone-comma", "[1,]"},
    {"a-name-without-quotes", "{a:1}"},
    {"a-number-of-two-parts", "1 2"},
    {"an-open-list", "[[1]"},
    {"nothing", ""},
    {"null-pointer", NULL},
};

static void on_start(void *state, dalsegno_arguments arguments) {
    (void)state;
    const char *name = dalsegno_unquote(dalsegno_argument(arguments, 0));
    for (size_t index = 0; index < sizeof unfit / sizeof *unfit; index++) {
        if (strcmp(name, unfit[index].name) == 0) dalsegno_complete(unfit[index].value);
    }
    if (strcmp(name, "keeps-nothing") == 0) dalsegno_keep(dalsegno_unquote("1"));
    if (strcmp(name, "misses-a-time-limit") == 0) dalsegno_activity(&no_limits, "charge", NULL);
    if (strcmp(name, "quotes-nothing") == 0) dalsegno_complete(dalsegno_quote(dalsegno_unquote("1")));
}

static const dalsegno_type misdeed = {
    .name = "misdeed",
    .description = "Does what its argument names.",
    .on_start = on_start,
};

const dalsegno_type *const dalsegno_types[] = {&misdeed, NULL};
