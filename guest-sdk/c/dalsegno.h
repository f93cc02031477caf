/*
 * Durable workflows in C.
 *
 * A workflow type is a table of callbacks over a state of your own. The host calls one for each thing that
 * happens; the callback changes the state, asks the host for what comes next, and returns. There is no
 * runtime, no thread and no stack that is kept: a run is its state, and a step is a field in it.
 *
 *     typedef struct { dalsegno_operation pause; const char *name; } hello;
 *
 *     static void on_start(void *state, dalsegno_arguments arguments) {
 *         hello *self = state;
 *         self->name = dalsegno_keep(dalsegno_argument(arguments, 0));
 *         self->pause = dalsegno_timer(1000);
 *     }
 *
 *     static void on_resume(void *state, dalsegno_operation operation, dalsegno_outcome outcome) {
 *         hello *self = state;
 *         if (operation != self->pause) return;
 *         if (outcome.failure != NULL) {
 *             dalsegno_fail_with(outcome.failure);
 *             return;
 *         }
 *         dalsegno_complete(dalsegno_format("[\"Hello\",%s]", self->name));
 *     }
 *
 *     static const dalsegno_type greeting = {
 *         .name = "greeting", .state_bytes = sizeof(hello), .on_start = on_start, .on_resume = on_resume,
 *     };
 *     const dalsegno_type *const dalsegno_types[] = {&greeting, NULL};
 *
 * Texts are UTF-8 and end with a zero. Values are texts in JSON: an argument, a result, an answer. What the
 * SDK gives to a callback, and what dalsegno_format and its like make, lives until the callback returns;
 * dalsegno_keep keeps it.
 *
 * A run is repeated from its history after a restart, so a callback must do the same every time. Clocks,
 * rand() after srand() and getentropy() do; nothing else of the machine is there: no files, no network, no
 * threads.
 *
 * This header has what most workflows need. The rest of the contract is called by <workflow.h>, generated from wit/
 * and included here: child workflows, signals to other runs and their cancellation, patches, search attributes, memo,
 * figures.
 */
#ifndef DALSEGNO_H
#define DALSEGNO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workflow.h"

/* Something that was started and will have an outcome; never 0. */
typedef uint64_t dalsegno_operation;

/* A chain of causes, the outermost first. */
typedef dalsegno_workflow_types_failure_t dalsegno_failure;

/* The arguments of a call, each in JSON. */
typedef struct {
    size_t count;
    const char *const *values;
} dalsegno_arguments;

/* What an operation came to: a failure, or a result in JSON ("null" if it has none). */
typedef struct {
    const dalsegno_failure *failure;
    const char *result;
} dalsegno_outcome;

/* Why something is refused. */
typedef struct {
    const char *type;
    const char *message;
} dalsegno_refusal;

/* A workflow type. Callbacks that are NULL are not called. */
typedef struct {
    const char *name;
    /* For people; may be NULL. */
    const char *description;
    /* The size of the state. It begins as zeros, and lives as long as the run. */
    size_t state_bytes;
    /* The run begins; always the first. */
    void (*on_start)(void *state, dalsegno_arguments arguments);
    /* An operation has its outcome. Once for each at most. */
    void (*on_resume)(void *state, dalsegno_operation operation, dalsegno_outcome outcome);
    void (*on_signal)(void *state, const char *name, dalsegno_arguments arguments);
    /* Decides whether an update is accepted; changes nothing. Without it, all are. */
    bool (*on_validate)(void *state, const char *name, dalsegno_arguments arguments, dalsegno_refusal *why);
    /* An accepted update. It ends, now or later, by dalsegno_update_complete or dalsegno_update_fail. */
    void (*on_update)(void *state, const char *id, const char *name, dalsegno_arguments arguments);
    /* Answers a query in JSON; NULL: there is none of this name. Changes nothing. */
    const char *(*on_query)(void *state, const char *name, dalsegno_arguments arguments);
    /* The run was asked to cancel, with a reason that may be empty. Without it, it closes as cancelled. */
    void (*on_cancel)(void *state, const char *reason);
} dalsegno_type;

/* All workflow types of the module, ended by NULL. Yours to define. */
extern const dalsegno_type *const dalsegno_types[];

/* ---- Asking the host ---- */

/* What is 0 or NULL is not set. One of the two first limits is needed. */
typedef struct {
    /* The time limit of one attempt. */
    uint64_t start_to_close_ms;
    /* The time limit of the whole, with retries. */
    uint64_t schedule_to_close_ms;
    /* The longest silence of an attempt. */
    uint64_t heartbeat_ms;
    /* 1: nothing is repeated. */
    uint32_t maximum_attempts;
    /* If not the run's own. */
    const char *task_queue;
    /* A line for people. */
    const char *summary;
} dalsegno_activity_options;

/* Schedules an activity. The arguments, each in JSON, are ended by NULL. */
dalsegno_operation dalsegno_activity(const dalsegno_activity_options *options, const char *name, ...)
    __attribute__((sentinel));

/* True: the activity is cancelled, and nothing more is heard of it. */
bool dalsegno_cancel_activity(dalsegno_operation operation);

/* Starts a durable timer. It fires late after downtime, never early. */
dalsegno_operation dalsegno_timer(uint64_t duration_ms);

/* True: the timer will not fire. */
bool dalsegno_cancel_timer(dalsegno_operation operation);

/* ---- Ending the run: the first of these calls counts, and no callback comes after it ---- */

/* The run completes with a result in JSON. */
void dalsegno_complete(const char *result);

/* The run fails, by a failure of its own. */
void dalsegno_fail(const char *type, const char *message);

/* The run fails as an activity did. */
void dalsegno_fail_with(const dalsegno_failure *failure);

/* The run closes as cancelled. */
void dalsegno_cancelled(void);

/* The run closes, and one of the same workflow id begins with a fresh history. The arguments, each in
 * JSON, are ended by NULL. */
void dalsegno_continue_as_new(const char *first, ...) __attribute__((sentinel));

/* ---- Updates ---- */

void dalsegno_update_complete(const char *id, const char *result);
void dalsegno_update_fail(const char *id, const char *type, const char *message);

/* ---- Surroundings ---- */

/* The time of the present activation, in microseconds since 1970. */
uint64_t dalsegno_now_us(void);

/* Random bytes, the same when the run is repeated. */
void dalsegno_random(void *bytes, size_t length);

/* A line of the run's log, at the level info; dropped while the past is repeated. */
void dalsegno_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The code is wrong: the activation fails with a message and is tried again, and the run is kept. */
_Noreturn void dalsegno_bug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Failures ---- */

/* The type of the first failure in the chain that user code raised; "" if there is none. */
const char *dalsegno_failure_type(const dalsegno_failure *failure);

/* The message of the same, else of the outermost. */
const char *dalsegno_failure_message(const dalsegno_failure *failure);

/* True if a request to cancel is at the root of it. */
bool dalsegno_is_cancelled(const dalsegno_failure *failure);

/* ---- Texts and JSON: what is given to the host and is no JSON is a bug of the code ---- */

/* One of the arguments, "null" if there are not so many. */
const char *dalsegno_argument(dalsegno_arguments arguments, size_t index);

/* As printf. */
const char *dalsegno_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A copy that lives as long as the run. */
char *dalsegno_keep(const char *text);

/* A text as a JSON string. */
const char *dalsegno_quote(const char *text);

/* The text of a JSON string; NULL if it is none. */
const char *dalsegno_unquote(const char *json);

/* A whole number from JSON. False: it is none. */
bool dalsegno_integer(const char *json, int64_t *number);

#endif
