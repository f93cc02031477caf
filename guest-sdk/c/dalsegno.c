/* The exports of the component, and the calls of dalsegno.h over the generated bindings. */
#include "dalsegno.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SDK_NAME "dalsegno-c"
#define SDK_VERSION "0.1.0"

/* ---- The run: the only one of its component ---------------------------------------------------------------------- */

static const dalsegno_type *type;
static void *state;
static bool is_closed;
static uint64_t time_us;

/* ---- Memory: what lives until the callback returns is a list ----------------------------------------------------- */

typedef struct piece {
    struct piece *next;
    /* Text follows, aligned for anything. */
    max_align_t content[];
} piece;

static piece *pieces;

static void *allocate(size_t size) {
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) dalsegno_bug("there is no memory left for %zu bytes", size);
    return memory;
}

static void *lend(size_t size) {
    piece *made = allocate(sizeof(piece) + size);
    made->next = pieces;
    pieces = made;
    return made->content;
}

static void release(void) {
    while (pieces != NULL) {
        piece *next = pieces->next;
        free(pieces);
        pieces = next;
    }
}

static const char *text_of(const uint8_t *bytes, size_t length) {
    char *text = lend(length + 1);
    if (length > 0) memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

char *dalsegno_keep(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(allocate(size), text, size);
}

static const char *format(const char *pattern, va_list values) {
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, pattern, values);
    if (length < 0) dalsegno_bug("`%s` is no format", pattern);
    char *text = lend((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, pattern, again);
    va_end(again);
    return text;
}

const char *dalsegno_format(const char *pattern, ...) {
    va_list values;
    va_start(values, pattern);
    const char *text = format(pattern, values);
    va_end(values);
    return text;
}

/* ---- Values on their way to the host: they are read during the call, so nothing is copied ------------------------- */

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
    dalsegno_workflow_types_payload_t *list = lend(count * sizeof *list);
    const char *json = first;
    for (size_t index = 0; index < count; index++, json = va_arg(rest, const char *)) list[index] = payload(json);
    return (dalsegno_workflow_types_list_payload_t){list, count};
}

static dalsegno_failure failure_of(const char *failure_type, const char *message, bool non_retryable) {
    dalsegno_workflow_types_cause_t *cause = lend(sizeof *cause);
    *cause = (dalsegno_workflow_types_cause_t){
        .message = string(message),
        .kind = {
            .tag = DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_APPLICATION,
            .val.application = {.type = string(failure_type), .non_retryable = non_retryable},
        },
    };
    return (dalsegno_failure){.causes = {cause, 1}};
}

/* ---- Values for the host to free ---------------------------------------------------------------------------------- */

static workflow_string_t given_string(const char *text) {
    return (workflow_string_t){(uint8_t *)dalsegno_keep(text), strlen(text)};
}

static dalsegno_workflow_types_payload_t given_payload(const char *json) {
    workflow_tuple2_string_list_u8_t *entry = allocate(sizeof *entry);
    workflow_string_t format = given_string("json/plain"), data = given_string(json);
    entry->f0 = given_string("encoding");
    entry->f1 = (workflow_list_u8_t){format.ptr, format.len};
    return (dalsegno_workflow_types_payload_t){.metadata = {entry, 1}, .data = {data.ptr, data.len}};
}

static dalsegno_failure given_failure(const char *failure_type, const char *message, bool non_retryable) {
    dalsegno_workflow_types_cause_t *cause = allocate(sizeof *cause);
    *cause = (dalsegno_workflow_types_cause_t){
        .message = given_string(message),
        .kind = {
            .tag = DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_APPLICATION,
            .val.application = {.type = given_string(failure_type), .non_retryable = non_retryable},
        },
    };
    return (dalsegno_failure){.causes = {cause, 1}};
}

/* ---- Values from the host ------------------------------------------------------------------------------------------ */

static const char *json_of(const dalsegno_workflow_types_payload_t *given) {
    for (size_t index = 0; index < given->metadata.len; index++) {
        workflow_tuple2_string_list_u8_t *entry = &given->metadata.ptr[index];
        bool is_encoding = entry->f0.len == 8 && memcmp(entry->f0.ptr, "encoding", 8) == 0;
        if (is_encoding && entry->f1.len == 11 && memcmp(entry->f1.ptr, "binary/null", 11) == 0) return "null";
    }
    return text_of(given->data.ptr, given->data.len);
}

static dalsegno_arguments arguments_of(const dalsegno_workflow_types_list_payload_t *input) {
    const char **values = lend(input->len * sizeof *values);
    for (size_t index = 0; index < input->len; index++) values[index] = json_of(&input->ptr[index]);
    return (dalsegno_arguments){input->len, values};
}

const char *dalsegno_argument(dalsegno_arguments arguments, size_t index) {
    return index < arguments.count ? arguments.values[index] : "null";
}

static const dalsegno_workflow_types_cause_t *application_of(const dalsegno_failure *failure) {
    for (size_t index = 0; index < failure->causes.len; index++) {
        const dalsegno_workflow_types_cause_t *cause = &failure->causes.ptr[index];
        if (cause->kind.tag == DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_APPLICATION) return cause;
    }
    return NULL;
}

const char *dalsegno_failure_type(const dalsegno_failure *failure) {
    const dalsegno_workflow_types_cause_t *cause = application_of(failure);
    if (cause == NULL) return "";
    return text_of(cause->kind.val.application.type.ptr, cause->kind.val.application.type.len);
}

const char *dalsegno_failure_message(const dalsegno_failure *failure) {
    const dalsegno_workflow_types_cause_t *cause = application_of(failure);
    if (cause == NULL && failure->causes.len > 0) cause = &failure->causes.ptr[0];
    return cause == NULL ? "" : text_of(cause->message.ptr, cause->message.len);
}

bool dalsegno_is_cancelled(const dalsegno_failure *failure) {
    size_t length = failure->causes.len;
    return length > 0 && failure->causes.ptr[length - 1].kind.tag == DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_CANCELLED;
}

/* ---- Asking the host ----------------------------------------------------------------------------------------------- */

dalsegno_operation dalsegno_activity(const dalsegno_activity_options *options, const char *name, ...) {
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

bool dalsegno_cancel_activity(dalsegno_operation operation) { return dalsegno_workflow_activities_cancel(operation); }

dalsegno_operation dalsegno_timer(uint64_t duration_ms) {
    dalsegno_workflow_timers_options_t options = {0};
    return dalsegno_workflow_timers_start(duration_ms, &options);
}

bool dalsegno_cancel_timer(dalsegno_operation operation) { return dalsegno_workflow_timers_cancel(operation); }

/* True for the first that ends the run. */
static bool close_run(void) {
    if (is_closed) return false;
    return is_closed = true;
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

/* ---- Surroundings --------------------------------------------------------------------------------------------------- */

uint64_t dalsegno_now_us(void) { return time_us; }

void dalsegno_random(void *bytes, size_t length) {
    workflow_list_u8_t drawn;
    dalsegno_workflow_run_random_bytes((uint32_t)length, &drawn);
    memcpy(bytes, drawn.ptr, length);
    workflow_list_u8_free(&drawn);
}

void dalsegno_log(const char *pattern, ...) {
    va_list values;
    va_start(values, pattern);
    workflow_string_t message = string(format(pattern, values));
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

/* ---- JSON ------------------------------------------------------------------------------------------------------------ */

const char *dalsegno_quote(const char *text) {
    char *json = lend(6 * strlen(text) + 3), *end = json;
    *end++ = '"';
    for (; *text != 0; text++) {
        unsigned char byte = (unsigned char)*text;
        const char *known = "\"\"\\\\\bb\ff\nn\rr\tt", *found = NULL;
        for (const char *pair = known; *pair != 0; pair += 2) {
            if (*pair == *text) found = pair + 1;
        }
        if (found != NULL) {
            *end++ = '\\';
            *end++ = *found;
        } else if (byte < 0x20) {
            end += sprintf(end, "\\u%04x", byte);
        } else {
            *end++ = *text;
        }
    }
    *end++ = '"';
    *end = 0;
    return json;
}

/* Reads four hexadecimal digits; -1 if they are none. */
static long hexadecimal(const char *digits) {
    char four[5] = {0};
    strncpy(four, digits, 4);
    char *end;
    long value = strtol(four, &end, 16);
    return end == four + 4 ? value : -1;
}

static char *write_utf8(char *end, long code) {
    if (code < 0x80) {
        *end++ = (char)code;
    } else if (code < 0x800) {
        *end++ = (char)(0xc0 | code >> 6);
        *end++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *end++ = (char)(0xe0 | code >> 12);
        *end++ = (char)(0x80 | (code >> 6 & 0x3f));
        *end++ = (char)(0x80 | (code & 0x3f));
    } else {
        *end++ = (char)(0xf0 | code >> 18);
        *end++ = (char)(0x80 | (code >> 12 & 0x3f));
        *end++ = (char)(0x80 | (code >> 6 & 0x3f));
        *end++ = (char)(0x80 | (code & 0x3f));
    }
    return end;
}

/* Reads what follows \u, where characters beyond the first 65,536 are two; NULL if it is nothing. */
static const char *read_unicode(const char *json, char **end) {
    long code = hexadecimal(json);
    if (code <= 0) return NULL;
    json += 4;
    if (code >= 0xd800 && code < 0xdc00 && json[0] == '\\' && json[1] == 'u') {
        long low = hexadecimal(json + 2);
        if (low < 0xdc00 || low > 0xdfff) return NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        json += 6;
    }
    *end = write_utf8(*end, code);
    return json;
}

const char *dalsegno_unquote(const char *json) {
    if (*json++ != '"') return NULL;
    char *text = lend(strlen(json) + 1), *end = text;
    while (*json != '"') {
        if (*json == 0) return NULL;
        if (*json != '\\') {
            *end++ = *json++;
            continue;
        }
        const char *known = "\"\"\\\\//b\bf\fn\nr\rt\t", *found = NULL;
        for (const char *pair = known; *pair != 0; pair += 2) {
            if (*pair == json[1]) found = pair + 1;
        }
        if (found != NULL) {
            *end++ = *found;
            json += 2;
        } else if (json[1] != 'u' || (json = read_unicode(json + 2, &end)) == NULL) {
            return NULL;
        }
    }
    *end = 0;
    return text;
}

bool dalsegno_integer(const char *json, int64_t *number) {
    char *end;
    errno = 0;
    *number = strtoll(json, &end, 10);
    return end != json && *end == 0 && errno == 0;
}

/* ---- Events ---------------------------------------------------------------------------------------------------------- */

static bool is_text(const workflow_string_t *given, const char *text) {
    return given->len == strlen(text) && memcmp(given->ptr, text, given->len) == 0;
}

static void signal_received(const dalsegno_workflow_types_request_t *signal) {
    if (type->on_signal == NULL) return;
    type->on_signal(state, text_of(signal->name.ptr, signal->name.len), arguments_of(&signal->input));
}

static void started(const exports_dalsegno_workflow_guest_start_t *start) {
    for (const dalsegno_type *const *candidate = dalsegno_types; *candidate != NULL; candidate++) {
        if (is_text(&start->workflow_type, (*candidate)->name)) type = *candidate;
    }
    if (type == NULL) {
        const char *name = text_of(start->workflow_type.ptr, start->workflow_type.len);
        dalsegno_bug("this module has no workflow type `%s`", name);
    }
    state = allocate(type->state_bytes);
    memset(state, 0, type->state_bytes);
    dalsegno_workflow_types_list_payload_t input = {start->input.ptr, start->input.len};
    if (type->on_start != NULL) type->on_start(state, arguments_of(&input));
    for (size_t index = 0; index < start->carried_signals.len && !is_closed; index++) {
        signal_received(&start->carried_signals.ptr[index]);
    }
}

static void resumed(const exports_dalsegno_workflow_guest_resumption_t *resumption) {
    if (type->on_resume == NULL) return;
    dalsegno_outcome outcome = {.result = "null"};
    if (resumption->outcome.is_err) {
        outcome.failure = &resumption->outcome.val.err;
    } else if (resumption->outcome.val.ok.is_some) {
        outcome.result = json_of(&resumption->outcome.val.ok.val);
    }
    type->on_resume(state, resumption->operation, outcome);
}

static void update_accepted(const dalsegno_workflow_types_request_t *update) {
    const char *id = text_of(update->id.ptr, update->id.len), *name = text_of(update->name.ptr, update->name.len);
    if (type->on_update != NULL) {
        type->on_update(state, id, name, arguments_of(&update->input));
    } else {
        const char *message = dalsegno_format("the workflow has no update named `%s`", name);
        dalsegno_update_fail(id, "UnknownUpdate", message);
    }
}

static void cancel_requested(const workflow_string_t *reason) {
    if (type->on_cancel != NULL) {
        type->on_cancel(state, text_of(reason->ptr, reason->len));
    } else {
        dalsegno_cancelled();
    }
}

static void apply(const exports_dalsegno_workflow_guest_event_t *event) {
    switch (event->tag) {
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_STARTED: started(&event->val.started); break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_RESUMED: resumed(&event->val.resumed); break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_SIGNALLED: signal_received(&event->val.signalled); break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_UPDATE_ACCEPTED: update_accepted(&event->val.update_accepted); break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_CANCEL_REQUESTED: cancel_requested(&event->val.cancel_requested); break;
    /* Randomness is the host's, and names that a later host may send are ignored. */
    default: break;
    }
}

/* ---- Exports --------------------------------------------------------------------------------------------------------- */

void exports_dalsegno_workflow_guest_definitions(exports_dalsegno_workflow_guest_module_definition_t *module) {
    size_t count = 0;
    while (dalsegno_types[count] != NULL) count++;
    exports_dalsegno_workflow_guest_workflow_definition_t *definitions = allocate(count * sizeof *definitions);
    for (size_t index = 0; index < count; index++) {
        const dalsegno_type *defined = dalsegno_types[index];
        definitions[index] = (exports_dalsegno_workflow_guest_workflow_definition_t){
            .name = given_string(defined->name),
        };
        if (defined->description != NULL) {
            definitions[index].description = (workflow_option_string_t){true, given_string(defined->description)};
        }
    }
    *module = (exports_dalsegno_workflow_guest_module_definition_t){
        .sdk_name = given_string(SDK_NAME), .sdk_version = given_string(SDK_VERSION), .workflows = {definitions, count},
    };
}

bool exports_dalsegno_workflow_guest_activate(
    exports_dalsegno_workflow_guest_activation_t *activation, exports_dalsegno_workflow_guest_failure_t *failure) {
    (void)failure;
    time_us = activation->time_us;
    for (size_t index = 0; index < activation->events.len && !is_closed; index++) apply(&activation->events.ptr[index]);
    exports_dalsegno_workflow_guest_activation_free(activation);
    release();
    return true;
}

/* True, if the run has begun. */
static bool has_begun(dalsegno_failure *failure) {
    if (type != NULL) return true;
    *failure = given_failure("NotStarted", "the workflow has not begun", true);
    return false;
}

bool exports_dalsegno_workflow_guest_validate_update(
    exports_dalsegno_workflow_guest_request_t *request, exports_dalsegno_workflow_guest_failure_t *failure) {
    if (!has_begun(failure)) return false;
    const char *name = text_of(request->name.ptr, request->name.len);
    dalsegno_refusal why = {"Refused", "the update is refused"};
    bool is_accepted = true;
    if (type->on_update == NULL) {
        const char *message = dalsegno_format("the workflow has no update named `%s`", name);
        *failure = given_failure("UnknownUpdate", message, true);
        is_accepted = false;
    } else if (type->on_validate != NULL && !type->on_validate(state, name, arguments_of(&request->input), &why)) {
        *failure = given_failure(why.type, why.message, false);
        is_accepted = false;
    }
    dalsegno_workflow_types_request_free(request);
    release();
    return is_accepted;
}

bool exports_dalsegno_workflow_guest_query(
    exports_dalsegno_workflow_guest_request_t *request, exports_dalsegno_workflow_guest_payload_t *answer,
    exports_dalsegno_workflow_guest_failure_t *failure) {
    if (!has_begun(failure)) return false;
    const char *name = text_of(request->name.ptr, request->name.len), *json = NULL;
    if (type->on_query != NULL) json = type->on_query(state, name, arguments_of(&request->input));
    if (json != NULL) {
        *answer = given_payload(json);
    } else {
        const char *message = dalsegno_format("the workflow has no query named `%s`", name);
        *failure = given_failure("UnknownQuery", message, true);
    }
    dalsegno_workflow_types_request_free(request);
    release();
    return json != NULL;
}
