/* condition_lex: bytes of a condition into names, strings, numbers and marks. */
#include "rules/condition_tree.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/utf8.h"

void condition_fail(struct compiler *compiler, size_t at, const char *format, ...)
{
	if (compiler->failed)
		return;
	compiler->failed = true;
	*compiler->fault_at = at < compiler->source.length ? at : compiler->source.length;
	if (compiler->fault) {
		va_list args;
		va_start(args, format);
		(void)vsnprintf(compiler->fault->text, sizeof compiler->fault->text, format, args);
		va_end(args);
	}
}

static char byte(const struct compiler *compiler, size_t at)
{
	return at < compiler->source.length ? compiler->source.at[at] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* \\ \' \" \n \t \r; all else is a slip that would otherwise compare with something nobody sees. */
static bool escaped(char c, char *meant)
{
	static const char from[] = "\\'\"ntr", to[] = "\\'\"\n\t\r";
	const char *found = c ? strchr(from, c) : NULL;
	if (found)
		*meant = to[found - from];
	return found != NULL;
}

static struct token string_token(struct compiler *compiler, size_t *at)
{
	size_t start = *at, i = start + 1, length = 0;
	char quote = byte(compiler, start);
	char *value = arena_alloc(compiler->condition->arena, compiler->source.length - start);
	for (; i < compiler->source.length && byte(compiler, i) != quote; i++) {
		char c = byte(compiler, i);
		if (c == '\\' && !escaped(byte(compiler, ++i), &c)) {
			condition_fail(compiler, i - 1,
			               "unknown escape in a string; known are \\\\ \\' \\\" \\n \\t \\r");
			break;
		}
		value[length++] = c;
	}
	if (i >= compiler->source.length)
		condition_fail(compiler, start, "this string does not end; close it with %c", quote);
	*at = i + 1;
	return (struct token){.kind = TOKEN_STRING, .at = start, .text = {value, length}};
}

static struct token number_token(struct compiler *compiler, size_t *at)
{
	char digits[64];
	size_t start = *at, i = start;
	while (is_digit(byte(compiler, i)))
		i++;
	if (byte(compiler, i) == '.' && is_digit(byte(compiler, i + 1)))
		for (i++; is_digit(byte(compiler, i));)
			i++;
	if (byte(compiler, i) == 'e' || byte(compiler, i) == 'E') {
		size_t sign = byte(compiler, i + 1) == '-' || byte(compiler, i + 1) == '+';
		if (is_digit(byte(compiler, i + 1 + sign)))
			for (i += 1 + sign; is_digit(byte(compiler, i));)
				i++;
	}
	if (is_letter(byte(compiler, i)))
		condition_fail(compiler, start, "a number runs into a letter; write it in decimal, as 12 or 0.5");
	else if (i - start >= sizeof digits)
		condition_fail(compiler, start, "a number of more than 63 characters");
	*at = i;
	if (compiler->failed)
		return (struct token){.kind = TOKEN_END, .at = start};
	memcpy(digits, compiler->source.at + start, i - start);
	digits[i - start] = '\0';
	double number = strtod(digits, NULL);
	if (!isfinite(number)) {
		condition_fail(compiler, start, "a number beyond what can be reckoned with; write at most 1e308");
		return (struct token){.kind = TOKEN_END, .at = start};
	}
	return (struct token){.kind = TOKEN_NUMBER, .at = start, .text = {compiler->source.at + start, i - start},
	                      .number = number};
}

static struct token mark_token(struct compiler *compiler, size_t *at)
{
	static const char *const marks[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",",
	                                    ".", "-"};
	struct text rest = {compiler->source.at + *at, compiler->source.length - *at};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t length = strlen(marks[i]);
		if (rest.length >= length && memcmp(rest.at, marks[i], length) == 0) {
			*at += length;
			return (struct token){.kind = TOKEN_MARK, .at = *at - length, .text = {rest.at, length}};
		}
	}
	char c = rest.at[0];
	const char *meant, *called = utf8_word_processor(rest, &meant);
	if (c == '=' || c == '&' || c == '|')
		condition_fail(compiler, *at, "a single %c means nothing here; write %c%c", c, c, c);
	else if (c == '?')
		condition_fail(compiler, *at, "? and : are not part of conditions; write two conditions joined by ||");
	else if ((unsigned char)c > 0x20 && (unsigned char)c < 0x7f)
		condition_fail(compiler, *at, "\"%c\" means nothing in a condition", c);
	else if (called)
		condition_fail(compiler, *at, "%s means nothing in a condition; write %s", called, meant);
	else
		condition_fail(compiler, *at,
		               "a character that means nothing in a condition (byte 0x%02x); type it anew",
		               (unsigned char)c);
	return (struct token){.kind = TOKEN_END, .at = *at};
}

struct token condition_token(struct compiler *compiler, size_t *at)
{
	while (*at < compiler->source.length && strchr(" \t\r\n", compiler->source.at[*at]) && compiler->source.at[*at])
		++*at;
	struct token token = {.kind = TOKEN_END, .at = *at};
	char c = byte(compiler, *at);
	if (compiler->failed || *at >= compiler->source.length)
		return token;
	if (is_letter(c)) {
		size_t start = *at;
		while (is_letter(byte(compiler, *at)) || is_digit(byte(compiler, *at)))
			++*at;
		token = (struct token){
			.kind = TOKEN_NAME, .at = start, .text = {compiler->source.at + start, *at - start}};
	} else if (c == '\'' || c == '"') {
		token = string_token(compiler, at);
	} else if (is_digit(c)) {
		token = number_token(compiler, at);
	} else {
		token = mark_token(compiler, at);
	}
	if (compiler->failed)
		token.kind = TOKEN_END;
	return token;
}
