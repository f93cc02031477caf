/* Waits a second by a durable timer, then greets. */
#include <string.h>

#include <dalsegno.h>

typedef struct {
    const char *name;
    const char *state;
    dalsegno_operation pause;
} hello;

static void on_start(void *state, dalsegno_arguments arguments) {
    hello *self = state;
    const char *name = dalsegno_unquote(dalsegno_argument(arguments, 0));
    if (name == NULL) {
        dalsegno_fail("BadArguments", "the first argument is a name");
        return;
    }
    self->name = dalsegno_keep(name);
    self->state = "waiting";
    self->pause = dalsegno_timer(1000);
}

static void on_resume(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    hello *self = state;
    if (operation != self->pause) return;
    if (outcome.failure != NULL) {
        dalsegno_fail_with(outcome.failure);
        return;
    }
    self->state = "done";
    dalsegno_complete(dalsegno_quote(dalsegno_format("Hello, %s!", self->name)));
}

static const char *on_query(void *state, const char *name, dalsegno_arguments arguments) {
    hello *self = state;
    (void)arguments;
    return strcmp(name, "state") == 0 ? dalsegno_quote(self->state) : NULL;
}

static const dalsegno_type greeter = {
    .name = "hello",
    .description = "Greets after a second.",
    .state_bytes = sizeof(hello),
    .on_start = on_start,
    .on_resume = on_resume,
    .on_query = on_query,
};

const dalsegno_type *const dalsegno_types[] = {&greeter, NULL};
