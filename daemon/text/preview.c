/* preview: blanks collapsed, tags left out, cut after the word in which the shown characters end. */
#include "text/preview.h"

struct shown {
	struct buffer *out;
	size_t characters;
	bool blank; /* the last thing seen was a blank */
	bool done;
};

static bool is_blank(unsigned char c)
{
	return c <= ' ';
}

/* Letters of one word. A word that began before the characters were counted out is shown to its end. */
static void take_letters(struct shown *shown, const char *at, size_t length)
{
	if (shown->blank && shown->characters) {
		if (shown->characters >= PREVIEW_CHARACTERS) {
			shown->done = true;
			return;
		}
		buffer_char(shown->out, ' ');
		shown->characters++;
	}
	shown->blank = false;
	buffer_add(shown->out, at, length);
	for (size_t i = 0; i < length; i++)
		shown->characters += ((unsigned char)at[i] & 0xc0) != 0x80;
}

static void take_character(struct shown *shown, char c)
{
	if (is_blank((unsigned char)c))
		shown->blank = true;
	else
		take_letters(shown, &c, 1);
}

/* Bytes of a word at the start of the text; in HTML up to a tag or a reference. */
static size_t word_length(struct text rest, bool html)
{
	size_t length = 0;
	while (length < rest.length && !is_blank((unsigned char)rest.at[length]) &&
	       !(html && (rest.at[length] == '<' || rest.at[length] == '&')))
		length++;
	return length;
}

void preview_of_text(struct text text, struct buffer *out)
{
	struct shown shown = {.out = out};
	(void)buffer_room(out, 2 * PREVIEW_CHARACTERS);
	for (size_t at = 0; at < text.length && !shown.done;) {
		size_t word = word_length((struct text){text.at + at, text.length - at}, false);
		if (word)
			take_letters(&shown, text.at + at, word);
		shown.blank = true;
		at += word + 1;
	}
}

/* The references that template_escape_html writes, and &nbsp;; any other is taken as it stands. Returns its length. */
static size_t take_reference(struct shown *shown, struct text rest)
{
	static const struct {
		const char *name;
		const char *value;
	} references[] = {{"&amp;", "&"},    {"&lt;", "<"},    {"&gt;", ">"},       {"&quot;", "\""},   {"&#39;", "'"},
	                  {"&nbsp;", " "},   {"&rsquo;", "'"}, {"&ldquo;", "\""}, {"&rdquo;", "\""}};
	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		size_t length = strlen(references[i].name);
		if (rest.length >= length && memcmp(rest.at, references[i].name, length) == 0) {
			take_character(shown, references[i].value[0]);
			return length;
		}
	}
	take_character(shown, '&');
	return 1;
}

/* Behind the tag or comment that begins at `at`. */
static size_t skip_tag(struct text html, size_t at)
{
	bool comment = html.length - at >= 4 && memcmp(html.at + at, "<!--", 4) == 0;
	const char *end = comment ? memmem(html.at + at, html.length - at, "-->", 3)
	                          : memchr(html.at + at, '>', html.length - at);
	if (!end)
		return html.length;
	return (size_t)(end - html.at) + (comment ? 3 : 1);
}

/* Where the body's tag begins; the start, where there is none. Before it stand rules of style, which hold no "<". */
static size_t find_body(struct text html)
{
	const char *at = html.at, *end = html.at + html.length;
	while (at && end - at >= 5 && (at = memchr(at, '<', (size_t)(end - at) - 4)) != NULL) {
		if (memcmp(at, "<body", 5) == 0)
			return (size_t)(at - html.at);
		at++;
	}
	return 0;
}

void preview_of_html(struct text html, struct buffer *out)
{
	struct shown shown = {.out = out};
	(void)buffer_room(out, 2 * PREVIEW_CHARACTERS);
	for (size_t at = find_body(html); at < html.length && !shown.done;) {
		struct text rest = {html.at + at, html.length - at};
		size_t word = word_length(rest, true);
		if (word) {
			take_letters(&shown, rest.at, word);
			at += word;
		} else if (rest.at[0] == '<') {
			/* Cells and paragraphs stand apart; a place where a line may end is within a word. */
			shown.blank = shown.blank || rest.length < 5 || memcmp(rest.at, "<wbr>", 5) != 0;
			at = skip_tag(html, at);
		} else if (rest.at[0] == '&') {
			at += take_reference(&shown, rest);
		} else {
			shown.blank = true;
			at++;
		}
	}
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ((unsigned char)c & 0x80);
}

bool preview_names(struct text shown, struct text words)
{
	for (size_t at = 0; words.length && at + words.length <= shown.length; at++) {
		const char *hit = memchr(shown.at + at, words.at[0], shown.length - at - words.length + 1);
		if (!hit)
			return false;
		at = (size_t)(hit - shown.at);
		size_t end = at + words.length;
		bool begins = at == 0 || !is_word(shown.at[at - 1]);
		bool ends = end == shown.length || !is_word(shown.at[end]);
		if (begins && ends && memcmp(hit, words.at, words.length) == 0)
			return true;
	}
	return false;
}
