/* Memory and texts. */
#include "internal.h"

#include <errno.h>
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

char *dalsegno_keep(const char *text) {
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

/* ---- JSON ---- */

const char *dalsegno_quote(const char *text) {
    char *json = dalsegno_lend(6 * strlen(text) + 3), *end = json;
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
    char *text = dalsegno_lend(strlen(json) + 1), *end = text;
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
