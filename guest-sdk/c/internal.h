/* What the parts of the SDK share. */
#ifndef DALSEGNO_INTERNAL_H
#define DALSEGNO_INTERNAL_H

#include "dalsegno.h"

#include <stdarg.h>

/* True once the run is ended. */
extern bool dalsegno_is_closed;

/* The time of the activation that is under way. */
extern uint64_t dalsegno_time_us;

/* Memory that is there, or the activation fails. */
void *dalsegno_allocate(size_t size);

/* Memory that lives until the callback returns. */
void *dalsegno_lend(size_t size);

/* Ends the life of what was lent. */
void dalsegno_release(void);

/* A text of these bytes, lent. */
const char *dalsegno_text(const uint8_t *bytes, size_t length);

/* The activation fails if there is no text. */
void dalsegno_check_text(const char *call, const char *text);

/* The activation fails if this is no JSON. */
void dalsegno_check_json(const char *json);

/* As vprintf, lent. */
const char *dalsegno_vformat(const char *pattern, va_list values);

#endif
