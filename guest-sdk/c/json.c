/* Values in JSON: made of texts, read, and looked at before the host gets them. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define HEXADECIMAL DIGITS "abcdefABCDEF"

/* Lists and objects within each other; the stack is small, and the host reads no more. */
#define DEPTH_MAX 127

const char *dalsegno_quote(const char *text) {
    dalsegno_check_text("dalsegno_quote", text);
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
    if (strspn(digits, HEXADECIMAL) < 4) return -1;
    char four[5] = {0};
    memcpy(four, digits, 4);
    return strtol(four, NULL, 16);
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
    if (code >= 0xd800 && code < 0xe000) {
        long low = json[0] == '\\' && json[1] == 'u' ? hexadecimal(json + 2) : -1;
        if (code >= 0xdc00 || low < 0xdc00 || low > 0xdfff) return NULL;
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

/* ---- Is it JSON? Each of these skips one thing, and gives NULL if it is not there ---- */

static const char *skip_space(const char *at) { return at + strspn(at, " \t\n\r"); }

static const char *skip_string(const char *at) {
    if (*at++ != '"') return NULL;
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at != '\\') continue;
        at++;
        if (*at == 'u' && hexadecimal(at + 1) >= 0) {
            at += 4;
        } else if (*at == 0 || strchr("\"\\/bfnrt", *at) == NULL) {
            return NULL;
        }
    }
    return at + 1;
}

static const char *skip_digits(const char *at) {
    size_t length = strspn(at, DIGITS);
    return length > 0 ? at + length : NULL;
}

static const char *skip_number(const char *at) {
    if (*at == '-') at++;
    at = *at == '0' ? at + 1 : skip_digits(at);
    if (at != NULL && *at == '.') at = skip_digits(at + 1);
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        at++;
        if (*at == '+' || *at == '-') at++;
        at = skip_digits(at);
    }
    return at;
}

static const char *skip_word(const char *at, const char *word) {
    size_t length = strlen(word);
    return strncmp(at, word, length) == 0 ? at + length : NULL;
}

static const char *skip_value(const char *at, int depth);

/* A list, or an object, whose values have names. */
static const char *skip_values(const char *at, char end, int depth) {
    if (depth == DEPTH_MAX) return NULL;
    at = skip_space(at + 1);
    if (*at == end) return at + 1;
    for (;; at++) {
        if (end == '}') {
            at = skip_string(skip_space(at));
            if (at == NULL) return NULL;
            at = skip_space(at);
            if (*at++ != ':') return NULL;
        }
        at = skip_value(at, depth + 1);
        if (at == NULL) return NULL;
        if (*at == end) return at + 1;
        if (*at != ',') return NULL;
    }
}

static const char *skip_value(const char *at, int depth) {
    at = skip_space(at);
    switch (*at) {
    case '"': at = skip_string(at); break;
    case '[': at = skip_values(at, ']', depth); break;
    case '{': at = skip_values(at, '}', depth); break;
    case 't': at = skip_word(at, "true"); break;
    case 'f': at = skip_word(at, "false"); break;
    case 'n': at = skip_word(at, "null"); break;
    default: at = skip_number(at); break;
    }
    return at == NULL ? NULL : skip_space(at);
}

void dalsegno_check_json(const char *json) {
    if (json == NULL) dalsegno_bug("a value is NULL; a value that is nothing is the text \"null\"");
    const char *end = skip_value(json, 0);
    if (end == NULL || *end != 0) dalsegno_bug("`%.80s` is no JSON; dalsegno_quote makes it of a text", json);
}
