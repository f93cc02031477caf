/* Memory and texts. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Memory: what lives until the callback returns is a list ---- */

typedef struct piece {
    struct piece *next;
    /* Text follows, aligned for anything. */
    max_align_t content[];
} piece;

static piece *pieces;

void *dalsegno_allocate(size_t size) {
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) dalsegno_bug("there is no memory left for %zu bytes", size);
    return memory;
}

void *dalsegno_lend(size_t size) {
    piece *made = dalsegno_allocate(sizeof(piece) + size);
    made->next = pieces;
    pieces = made;
    return made->content;
}

void dalsegno_release(void) {
    while (pieces != NULL) {
        piece *next = pieces->next;
        free(pieces);
        pieces = next;
    }
}

const char *dalsegno_text(const uint8_t *bytes, size_t length) {
    char *text = dalsegno_lend(length + 1);
    if (length > 0) memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

void dalsegno_check_text(const char *call, const char *text) {
    if (text == NULL) dalsegno_bug("%s of NULL, which dalsegno_unquote gives for no JSON string", call);
}

char *dalsegno_keep(const char *text) {
    dalsegno_check_text("dalsegno_keep", text);
    size_t size = strlen(text) + 1;
    return memcpy(dalsegno_allocate(size), text, size);
}

const char *dalsegno_vformat(const char *pattern, va_list values) {
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, pattern, values);
    if (length < 0) dalsegno_bug("`%s` is no format", pattern);
    char *text = dalsegno_lend((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, pattern, again);
    va_end(again);
    return text;
}

const char *dalsegno_format(const char *pattern, ...) {
    va_list values;
    va_start(values, pattern);
    const char *text = dalsegno_vformat(pattern, values);
    va_end(values);
    return text;
}
