#include "conformance.h"

#include <string.h>

static void start_timer(void *state, dalsegno_arguments arguments) {
    (void)state, (void)arguments;
    dalsegno_timer(50);
}

static void resume_timer(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    (void)state, (void)operation;
    if (!failed(outcome)) dalsegno_complete(dalsegno_quote("fired"));
}

const dalsegno_type timer = {.name = "timer", .on_start = start_timer, .on_resume = resume_timer};

static void start_hour(void *state, dalsegno_arguments arguments) {
    (void)state, (void)arguments;
    dalsegno_timer(3600000);
}

/* The timer is cancelled, as where a language awaits it. */
static void cancel_hour(void *state, const char *reason) {
    (void)state, (void)reason;
    dalsegno_cancel_timer(1);
    dalsegno_cancelled();
}

const dalsegno_type cancel_uncaught = {
    .name = "cancel-uncaught",
    .on_start = start_hour,
    .on_cancel = cancel_hour,
};

typedef struct {
    /* The values so far, with a comma between them. */
    const char *values;
    int count;
} collected;

static void on_collected_signal(void *state, const char *name, dalsegno_arguments arguments) {
    collected *self = state;
    const char *so_far = self->count > 0 ? self->values : "";
    if (strcmp(name, "add") == 0) {
        const char *comma = self->count > 0 ? "," : "";
        const char *value = dalsegno_argument(arguments, 0);
        self->values = dalsegno_keep(dalsegno_format("%s%s%s", so_far, comma, value));
        self->count++;
    } else if (strcmp(name, "done") == 0) {
        dalsegno_complete(dalsegno_format("[%s]", so_far));
    }
}

static const char *on_collected_query(void *state, const char *name, dalsegno_arguments arguments) {
    collected *self = state;
    (void)arguments;
    return strcmp(name, "count") == 0 ? dalsegno_format("%d", self->count) : NULL;
}

const dalsegno_type signals = {
    .name = "signals",
    .state_bytes = sizeof(collected),
    .on_signal = on_collected_signal,
    .on_query = on_collected_query,
};

typedef struct {
    int64_t n;
    const char *log;
} chained;

static void start_chained(void *state, dalsegno_arguments arguments) {
    chained *self = state;
    if (!dalsegno_integer(dalsegno_argument(arguments, 0), &self->n)) dalsegno_bug("argument 1 is a number");
    self->log = dalsegno_keep(dalsegno_argument(arguments, 1));
    dalsegno_activity(&a_minute, "echo", dalsegno_format("%lld", (long long)self->n), NULL);
}

static void resume_chained(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    chained *self = state;
    (void)operation;
    if (failed(outcome)) return;
    /* The list without its closing bracket, then the new value. */
    int length = (int)strlen(self->log) - 1;
    const char *comma = length > 1 ? "," : "";
    const char *log = dalsegno_format("%.*s%s%lld]", length, self->log, comma, (long long)self->n);
    if (self->n == 2) {
        dalsegno_complete(log);
    } else {
        dalsegno_continue_as_new(dalsegno_format("%lld", (long long)self->n + 1), log, NULL);
    }
}

const dalsegno_type continue_as_new = {
    .name = "continue-as-new",
    .state_bytes = sizeof(chained),
    .on_start = start_chained,
    .on_resume = resume_chained,
};
