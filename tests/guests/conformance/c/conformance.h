/* What the scenarios share. What each does stands in ../README.md. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <dalsegno.h>

extern const dalsegno_type activities_in_sequence, activities_in_parallel, activity_fails, chain;
extern const dalsegno_type timer, signals, cancel_uncaught, continue_as_new;

/* The limit that activities have. */
extern const dalsegno_activity_options a_minute;

/* Fails the run as an operation failed. False: it did not fail. */
bool failed(dalsegno_outcome outcome);

#endif
