/* The conformance scenarios in C: those that a state machine shows well. */
#include "conformance.h"

const dalsegno_activity_options a_minute = {.start_to_close_ms = 60000};

bool failed(dalsegno_outcome outcome) {
    if (outcome.failure == NULL) return false;
    dalsegno_fail_with(outcome.failure);
    return true;
}

const dalsegno_type *const dalsegno_types[] = {
    &activities_in_sequence, &activities_in_parallel, &activity_fails, &chain, &timer, &signals,
    &cancel_uncaught, &continue_as_new, NULL,
};
