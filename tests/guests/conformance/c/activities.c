#include "conformance.h"

static void complete_with(const char *const results[3]) {
    dalsegno_complete(dalsegno_format("[%s,%s,%s]", results[0], results[1], results[2]));
}

typedef struct {
    const char *results[3];
    int done;
} sequence;

static void start_sequence(void *state, dalsegno_arguments arguments) {
    (void)state, (void)arguments;
    dalsegno_activity(&a_minute, "echo", dalsegno_quote("a"), NULL);
}

static void resume_sequence(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    sequence *self = state;
    (void)operation;
    if (failed(outcome)) return;
    self->results[self->done++] = dalsegno_keep(outcome.result);
    if (self->done == 3) {
        complete_with(self->results);
        return;
    }
    const char *next = self->done == 1 ? "b" : "c";
    const char *text = dalsegno_format("%s%s", dalsegno_unquote(outcome.result), next);
    dalsegno_activity(&a_minute, "echo", dalsegno_quote(text), NULL);
}

const dalsegno_type activities_in_sequence = {
    .name = "activities-in-sequence",
    .state_bytes = sizeof(sequence),
    .on_start = start_sequence,
    .on_resume = resume_sequence,
};

typedef struct {
    dalsegno_operation operations[3];
    const char *results[3];
    int done;
} parallel;

static void start_parallel(void *state, dalsegno_arguments arguments) {
    parallel *self = state;
    (void)arguments;
    for (int index = 0; index < 3; index++) {
        const char *number = dalsegno_format("%d", index + 1);
        self->operations[index] = dalsegno_activity(&a_minute, "echo", number, NULL);
    }
}

static void resume_parallel(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    parallel *self = state;
    if (failed(outcome)) return;
    for (int index = 0; index < 3; index++) {
        if (self->operations[index] == operation) self->results[index] = dalsegno_keep(outcome.result);
    }
    if (++self->done == 3) {
        complete_with(self->results);
    }
}

const dalsegno_type activities_in_parallel = {
    .name = "activities-in-parallel",
    .state_bytes = sizeof(parallel),
    .on_start = start_parallel,
    .on_resume = resume_parallel,
};

static void start_failing(void *state, dalsegno_arguments arguments) {
    (void)state, (void)arguments;
    dalsegno_activity(&a_minute, "decline", dalsegno_quote("4242"), NULL);
}

static void resume_failing(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    (void)state, (void)operation;
    if (!failed(outcome)) dalsegno_complete(outcome.result);
}

const dalsegno_type activity_fails = {
    .name = "activity-fails",
    .on_start = start_failing,
    .on_resume = resume_failing,
};

typedef struct {
    int64_t length;
    int64_t done;
} links;

/* The next link, or the end. */
static void go_on(links *self) {
    if (self->done == self->length) {
        dalsegno_complete(dalsegno_format("%lld", (long long)self->length));
    } else {
        dalsegno_activity(&a_minute, "echo", dalsegno_format("%lld", (long long)self->done), NULL);
    }
}

static void start_chain(void *state, dalsegno_arguments arguments) {
    links *self = state;
    if (dalsegno_integer(dalsegno_argument(arguments, 0), &self->length)) {
        go_on(self);
    } else {
        dalsegno_fail("BadArguments", "argument 1 is a number");
    }
}

static void resume_chain(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
    links *self = state;
    (void)operation;
    if (failed(outcome)) return;
    self->done++;
    go_on(self);
}

const dalsegno_type chain = {
    .name = "chain",
    .state_bytes = sizeof(links),
    .on_start = start_chain,
    .on_resume = resume_chain,
};
