/* The exports of the component: they call the callbacks of the run's type. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SDK_NAME "dalsegno-c"
#define SDK_VERSION "0.1.0"

/* The run, the only one of its component: its type, once it has begun, and its state. */
static const dalsegno_type *type;
static void *state;

/* ---- Values for the host to free ---- */

static workflow_string_t given_string(const char *text) {
    return (workflow_string_t){(uint8_t *)dalsegno_keep(text), strlen(text)};
}

static dalsegno_workflow_types_payload_t given_payload(const char *json) {
    dalsegno_check_json(json);
    workflow_tuple2_string_list_u8_t *entry = dalsegno_allocate(sizeof *entry);
    workflow_string_t format = given_string("json/plain"), data = given_string(json);
    entry->f0 = given_string("encoding");
    entry->f1 = (workflow_list_u8_t){format.ptr, format.len};
    return (dalsegno_workflow_types_payload_t){.metadata = {entry, 1}, .data = {data.ptr, data.len}};
}

static dalsegno_failure given_failure(const char *failure_type, const char *message, bool non_retryable) {
    dalsegno_workflow_types_cause_t *cause = dalsegno_allocate(sizeof *cause);
    *cause = (dalsegno_workflow_types_cause_t){
        .message = given_string(message),
        .kind = {
            .tag = DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_APPLICATION,
            .val.application = {.type = given_string(failure_type), .non_retryable = non_retryable},
        },
    };
    return (dalsegno_failure){.causes = {cause, 1}};
}

/* ---- Values from the host ---- */

static bool is_text(const workflow_string_t *given, const char *text) {
    return given->len == strlen(text) && memcmp(given->ptr, text, given->len) == 0;
}

static const char *json_of(const dalsegno_workflow_types_payload_t *given) {
    for (size_t index = 0; index < given->metadata.len; index++) {
        workflow_tuple2_string_list_u8_t *entry = &given->metadata.ptr[index];
        workflow_string_t format = {entry->f1.ptr, entry->f1.len};
        if (is_text(&entry->f0, "encoding") && is_text(&format, "binary/null")) return "null";
    }
    return dalsegno_text(given->data.ptr, given->data.len);
}

static dalsegno_arguments arguments_of(const dalsegno_workflow_types_list_payload_t *input) {
    const char **values = dalsegno_lend(input->len * sizeof *values);
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
    return dalsegno_text(cause->kind.val.application.type.ptr, cause->kind.val.application.type.len);
}

const char *dalsegno_failure_message(const dalsegno_failure *failure) {
    const dalsegno_workflow_types_cause_t *cause = application_of(failure);
    if (cause == NULL && failure->causes.len > 0) cause = &failure->causes.ptr[0];
    return cause == NULL ? "" : dalsegno_text(cause->message.ptr, cause->message.len);
}

bool dalsegno_is_cancelled(const dalsegno_failure *failure) {
    if (failure->causes.len == 0) return false;
    const dalsegno_workflow_types_cause_t *root = &failure->causes.ptr[failure->causes.len - 1];
    return root->kind.tag == DALSEGNO_WORKFLOW_TYPES_CAUSE_KIND_CANCELLED;
}

/* ---- Events ---- */

static void signal_received(const dalsegno_workflow_types_request_t *signal) {
    if (type->on_signal == NULL) return;
    type->on_signal(state, dalsegno_text(signal->name.ptr, signal->name.len), arguments_of(&signal->input));
}

static void started(const exports_dalsegno_workflow_guest_start_t *start) {
    for (const dalsegno_type *const *candidate = dalsegno_types; *candidate != NULL; candidate++) {
        if (is_text(&start->workflow_type, (*candidate)->name)) type = *candidate;
    }
    if (type == NULL) {
        const char *name = dalsegno_text(start->workflow_type.ptr, start->workflow_type.len);
        dalsegno_bug("this module has no workflow type `%s`", name);
    }
    state = dalsegno_allocate(type->state_bytes);
    memset(state, 0, type->state_bytes);
    dalsegno_workflow_types_list_payload_t input = {start->input.ptr, start->input.len};
    if (type->on_start != NULL) type->on_start(state, arguments_of(&input));
    for (size_t index = 0; index < start->carried_signals.len && !dalsegno_is_closed; index++) {
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
    const char *id = dalsegno_text(update->id.ptr, update->id.len);
    const char *name = dalsegno_text(update->name.ptr, update->name.len);
    if (type->on_update != NULL) {
        type->on_update(state, id, name, arguments_of(&update->input));
    } else {
        const char *message = dalsegno_format("the workflow has no update named `%s`", name);
        dalsegno_update_fail(id, "UnknownUpdate", message);
    }
}

static void cancel_requested(const workflow_string_t *reason) {
    if (type->on_cancel != NULL) {
        type->on_cancel(state, dalsegno_text(reason->ptr, reason->len));
    } else {
        dalsegno_cancelled();
    }
}

static void apply(const exports_dalsegno_workflow_guest_event_t *event) {
    switch (event->tag) {
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_STARTED:
        started(&event->val.started);
        break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_RESUMED:
        resumed(&event->val.resumed);
        break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_SIGNALLED:
        signal_received(&event->val.signalled);
        break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_UPDATE_ACCEPTED:
        update_accepted(&event->val.update_accepted);
        break;
    case EXPORTS_DALSEGNO_WORKFLOW_GUEST_EVENT_CANCEL_REQUESTED:
        cancel_requested(&event->val.cancel_requested);
        break;
    /* Randomness is the host's, and names that a later host may send are ignored. */
    default:
        break;
    }
}

/* ---- Exports ---- */

typedef exports_dalsegno_workflow_guest_module_definition_t module_definition;
typedef exports_dalsegno_workflow_guest_workflow_definition_t workflow_definition;

void exports_dalsegno_workflow_guest_definitions(module_definition *module) {
    size_t count = 0;
    while (dalsegno_types[count] != NULL) count++;
    workflow_definition *definitions = dalsegno_allocate(count * sizeof *definitions);
    for (size_t index = 0; index < count; index++) {
        const dalsegno_type *defined = dalsegno_types[index];
        definitions[index] = (workflow_definition){
            .name = given_string(defined->name),
        };
        if (defined->description != NULL) {
            workflow_string_t description = given_string(defined->description);
            definitions[index].description = (workflow_option_string_t){true, description};
        }
    }
    *module = (module_definition){
        .sdk_name = given_string(SDK_NAME),
        .sdk_version = given_string(SDK_VERSION),
        .workflows = {definitions, count},
    };
}

bool exports_dalsegno_workflow_guest_activate(
    exports_dalsegno_workflow_guest_activation_t *activation,
    exports_dalsegno_workflow_guest_failure_t *failure) {
    (void)failure;
    dalsegno_time_us = activation->time_us;
    for (size_t index = 0; index < activation->events.len && !dalsegno_is_closed; index++) {
        apply(&activation->events.ptr[index]);
    }
    exports_dalsegno_workflow_guest_activation_free(activation);
    dalsegno_release();
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
    const char *name = dalsegno_text(request->name.ptr, request->name.len);
    dalsegno_refusal why = {"Refused", "the update is refused"};
    dalsegno_arguments arguments = arguments_of(&request->input);
    bool is_accepted = true;
    if (type->on_update == NULL) {
        const char *message = dalsegno_format("the workflow has no update named `%s`", name);
        *failure = given_failure("UnknownUpdate", message, true);
        is_accepted = false;
    } else if (type->on_validate != NULL && !type->on_validate(state, name, arguments, &why)) {
        *failure = given_failure(why.type, why.message, false);
        is_accepted = false;
    }
    dalsegno_workflow_types_request_free(request);
    dalsegno_release();
    return is_accepted;
}

bool exports_dalsegno_workflow_guest_query(
    exports_dalsegno_workflow_guest_request_t *request, exports_dalsegno_workflow_guest_payload_t *answer,
    exports_dalsegno_workflow_guest_failure_t *failure) {
    if (!has_begun(failure)) return false;
    const char *name = dalsegno_text(request->name.ptr, request->name.len), *json = NULL;
    if (type->on_query != NULL) json = type->on_query(state, name, arguments_of(&request->input));
    if (json != NULL) {
        *answer = given_payload(json);
    } else {
        const char *message = dalsegno_format("the workflow has no query named `%s`", name);
        *failure = given_failure("UnknownQuery", message, true);
    }
    dalsegno_workflow_types_request_free(request);
    dalsegno_release();
    return json != NULL;
}
