/* The calls of dalsegno.h over the generated bindings. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool dalsegno_is_closed;
uint64_t dalsegno_time_us;

/* ---- Values on their way to the host: they are read during the call, so nothing is copied ---- */

static workflow_string_t string(const char *text) {
    return (workflow_string_t){(uint8_t *)text, strlen(text)};
}

static workflow_option_string_t optional_string(const char *text) {
    if (text == NULL) return (workflow_option_string_t){0};
    return (workflow_option_string_t){true, string(text)};
}

static workflow_option_u64_t optional_u64(uint64_t value) {
    return (workflow_option_u64_t){value > 0, value};
}

static dalsegno_workflow_types_payload_t payload(const char *json) {
    dalsegno_check_json(json);
    static workflow_tuple2_string_list_u8_t encoding = {
        .f0 = {(uint8_t *)"encoding", sizeof("encoding") - 1},
        .f1 = {(uint8_t *)"json/plain", sizeof("json/plain") - 1},
    };
    return (dalsegno_workflow_types_payload_t){
        .metadata = {&encoding, 1}, .data = {(uint8_t *)json, strlen(json)},
    };
}

/* Collects arguments that are ended by NULL. */
static dalsegno_workflow_types_list_payload_t payloads(const char *first, va_list rest) {
    va_list again;
    va_copy(again, rest);
    size_t count = 0;
    for (const char *json = first; json != NULL; json = va_arg(again, const char *)) count++;
    va_end(again);
    dalsegno_workflow_types_payload_t *list = dalsegno_lend(count * sizeof *list);
    const char *json = first;
    for (size_t index = 0; index < count; index++, json = va_arg(rest, const char *)) {
        list[index] = payload(json);
    }
    return (dalsegno_workflow_types_list_payload_t){list, count};
}

static dalsegno_failure failure_of(const char *failure_type, const char *message, bool non_retryable) {
    dalsegno_workflow_types_cause_t *cause = dalsegno_lend(sizeof *cause);
    *cause = (dalsegno_workflow_types_cause_t){
        .message = string(message),
        .kind = {
            .tag = DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_APPLICATION,
            .val.application = {.type = string(failure_type), .non_retryable = non_retryable},
        },
    };
    return (dalsegno_failure){.causes = {cause, 1}};
}

/* ---- Asking the host ---- */

dalsegno_operation dalsegno_activity(const dalsegno_activity_options *options, const char *name, ...) {
    if (options->start_to_close_ms == 0 && options->schedule_to_close_ms == 0) {
        const char *limits = "start_to_close_ms or schedule_to_close_ms of its options";
        dalsegno_bug("the activity `%s` needs a time limit: %s", name, limits);
    }
    va_list rest;
    va_start(rest, name);
    const char *first = va_arg(rest, const char *);
    dalsegno_workflow_types_list_payload_t collected = payloads(first, rest);
    va_end(rest);
    dalsegno_workflow_activities_list_payload_t input = {collected.ptr, collected.len};
    dalsegno_workflow_activities_options_t asked = {
        .task_queue = optional_string(options->task_queue),
        .schedule_to_close_ms = optional_u64(options->schedule_to_close_ms),
        .start_to_close_ms = optional_u64(options->start_to_close_ms),
        .heartbeat_ms = optional_u64(options->heartbeat_ms),
        .retry_policy = {
            .is_some = options->maximum_attempts > 0,
            .val = {.maximum_attempts = {true, options->maximum_attempts}},
        },
        .summary = optional_string(options->summary),
    };
    workflow_string_t activity_type = string(name);
    return dalsegno_workflow_activities_schedule(&activity_type, &input, &asked);
}

bool dalsegno_cancel_activity(dalsegno_operation operation) {
    return dalsegno_workflow_activities_cancel(operation);
}

dalsegno_operation dalsegno_timer(uint64_t duration_ms) {
    dalsegno_workflow_timers_options_t options = {0};
    return dalsegno_workflow_timers_start(duration_ms, &options);
}

bool dalsegno_cancel_timer(dalsegno_operation operation) {
    return dalsegno_workflow_timers_cancel(operation);
}

/* True for the first that ends the run. */
static bool close_run(void) {
    if (dalsegno_is_closed) return false;
    return dalsegno_is_closed = true;
}

void dalsegno_complete(const char *result) {
    if (!close_run()) return;
    dalsegno_workflow_run_payload_t given = payload(result);
    dalsegno_workflow_run_complete(&given);
}

void dalsegno_fail(const char *failure_type, const char *message) {
    dalsegno_failure failure = failure_of(failure_type, message, false);
    dalsegno_fail_with(&failure);
}

void dalsegno_fail_with(const dalsegno_failure *failure) {
    if (close_run()) dalsegno_workflow_run_fail((dalsegno_failure *)failure);
}

void dalsegno_cancelled(void) {
    dalsegno_workflow_run_list_payload_t details = {0};
    if (close_run()) dalsegno_workflow_run_cancelled(&details);
}

void dalsegno_continue_as_new(const char *first, ...) {
    va_list rest;
    va_start(rest, first);
    dalsegno_workflow_types_list_payload_t collected = payloads(first, rest);
    va_end(rest);
    dalsegno_workflow_run_list_payload_t input = {collected.ptr, collected.len};
    dalsegno_workflow_run_continue_as_new_options_t options = {0};
    if (close_run()) dalsegno_workflow_run_continue_as_new(&input, &options);
}

void dalsegno_update_complete(const char *id, const char *result) {
    workflow_string_t update = string(id);
    dalsegno_workflow_updates_payload_t given = payload(result);
    dalsegno_workflow_updates_complete(&update, &given);
}

void dalsegno_update_fail(const char *id, const char *failure_type, const char *message) {
    workflow_string_t update = string(id);
    dalsegno_failure failure = failure_of(failure_type, message, false);
    dalsegno_workflow_updates_fail(&update, &failure);
}

/* ---- Surroundings ---- */

uint64_t dalsegno_now_us(void) { return dalsegno_time_us; }

void dalsegno_random(void *bytes, size_t length) {
    workflow_list_u8_t drawn;
    dalsegno_workflow_run_random_bytes((uint32_t)length, &drawn);
    memcpy(bytes, drawn.ptr, length);
    workflow_list_u8_free(&drawn);
}

void dalsegno_log(const char *pattern, ...) {
    va_list values;
    va_start(values, pattern);
    workflow_string_t message = string(dalsegno_vformat(pattern, values));
    va_end(values);
    workflow_list_tuple2_string_string_t fields = {0};
    dalsegno_workflow_telemetry_log(DALSEGNO_WORKFLOW_TELEMETRY_LEVEL_INFO, &message, &fields);
}

_Noreturn void dalsegno_bug(const char *pattern, ...) {
    va_list values;
    va_start(values, pattern);
    /* The host takes the reason of the trap that follows from here. */
    vfprintf(stderr, pattern, values);
    va_end(values);
    abort();
}
