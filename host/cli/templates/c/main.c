/* Greets, after a durable timer, with a greeting that may be changed while it waits. */
#include <string.h>

#include <dalsegno.h>

typedef struct {
    const char *name;
    const char *greeting;
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
    self->greeting = "Hello";
    /* A durable timer: it goes on after a crash, and days are as good as seconds. */
    self->pause = dalsegno_timer(5000);
}

static void on_resume(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    hello *self = state;
    if (operation != self->pause) return;
    if (outcome.failure != NULL) {
        dalsegno_fail_with(outcome.failure);
        return;
    }
    dalsegno_complete(dalsegno_quote(dalsegno_format("%s, %s!", self->greeting, self->name)));
}

/* `change` changes the greeting. */
static void on_signal(void *state, const char *name, dalsegno_arguments arguments) {
    hello *self = state;
    const char *greeting = dalsegno_unquote(dalsegno_argument(arguments, 0));
    if (strcmp(name, "change") == 0 && greeting != NULL) self->greeting = dalsegno_keep(greeting);
}

/* `greeting` is the greeting that it would use now. */
static const char *on_query(void *state, const char *name, dalsegno_arguments arguments) {
    hello *self = state;
    (void)arguments;
    return strcmp(name, "greeting") == 0 ? dalsegno_quote(self->greeting) : NULL;
}

static const dalsegno_type greeter = {
    .name = "hello",
    .description = "Greets after five seconds.",
    .state_bytes = sizeof(hello),
    .on_start = on_start,
    .on_resume = on_resume,
    .on_signal = on_signal,
    .on_query = on_query,
};

/* The workflow types of the module. */
const dalsegno_type *const dalsegno_types[] = {&greeter, NULL};
