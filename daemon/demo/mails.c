/* mails: MIME taken apart again, as far as casewatch writes it: one or two parts, quoted-printable. */
#include "demo/mails.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define MAIL_BYTES ((size_t)16 << 20)

static void demo_mail_free(struct demo_mail *mail)
{
	buffer_free(&mail->text);
	buffer_free(&mail->html);
}

/* ---- lines and fields ---- */

/* Takes the next line off `rest`, without its end; false at the end. */
static bool next_line(struct text *rest, struct text *line)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	if (!rest->length)
		return false;
	size_t length = end ? (size_t)(end - rest->at) : rest->length, taken = end ? length + 1 : length;
	*line = (struct text){rest->at, length && rest->at[length - 1] == '\r' ? length - 1 : length};
	*rest = (struct text){rest->at + taken, rest->length - taken};
	return true;
}

static bool begins(struct text text, const char *with)
{
	size_t length = strlen(with);
	return text.length >= length && text_equal_fold((struct text){text.at, length}, (struct text){with, length});
}

/* Fields of a header, unfolded: "Name: value" a line. Leaves `rest` at the body. */
static void read_header(struct text *rest, struct buffer *fields)
{
	struct text line;
	while (next_line(rest, &line) && line.length) {
		bool folded = line.at[0] == ' ' || line.at[0] == '\t';
		buffer_string(fields, !folded && fields->length ? "\n" : folded ? " " : "");
		buffer_text(fields, text_trim(line));
	}
	buffer_char(fields, '\n');
}

static struct text field(const struct buffer *fields, const char *name)
{
	struct text rest = buffer_view(fields), line;
	while (next_line(&rest, &line))
		if (begins(line, name) && line.length > strlen(name) && line.at[strlen(name)] == ':')
			return text_trim((struct text){line.at + strlen(name) + 1, line.length - strlen(name) - 1});
	return TEXT_NONE;
}

static void copy_value(char *to, size_t room, struct text value)
{
	(void)snprintf(to, room, "%.*s", TEXT_ARG(value));
}

/* ---- parts ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	                              : -1;
}

/* RFC 2045, 6.7; line ends become LF. */
static void decode(struct text body, struct buffer *out)
{
	struct text line;
	while (next_line(&body, &line)) {
		bool soft = line.length && line.at[line.length - 1] == '=';
		for (size_t i = 0; i < line.length - soft; i++) {
			bool escape = line.at[i] == '=' && i + 2 < line.length && hex(line.at[i + 1]) >= 0 &&
			              hex(line.at[i + 2]) >= 0;
			buffer_char(out, escape ? (char)(hex(line.at[i + 1]) * 16 + hex(line.at[i + 2])) : line.at[i]);
			i += escape ? 2 : 0;
		}
		if (!soft)
			buffer_char(out, '\n');
	}
}

static enum result read_part(struct text part, struct demo_mail *mail, struct fault *fault)
{
	struct buffer fields = {0};
	read_header(&part, &fields);
	struct text type = field(&fields, "Content-Type"), encoding = field(&fields, "Content-Transfer-Encoding");
	bool good = text_equal_fold(encoding, TEXT("quoted-printable"));
	if (good)
		decode(part, begins(type, "text/html") ? &mail->html : &mail->text);
	buffer_free(&fields);
	return good ? RESULT_OK : fault_set(fault, RESULT_PERMANENT, "a part of the mail is not quoted-printable");
}

/* The line end before a boundary is the boundary's (RFC 2046, 5.1.1). */
static struct text part_between(const char *start, const char *boundary)
{
	size_t length = (size_t)(boundary - start);
	length -= length > 0;
	length -= length > 0 && start[length - 1] == '\r';
	return (struct text){start, length};
}

/* What stands between the lines "--boundary". */
static enum result read_parts(struct text body, struct text boundary, struct demo_mail *mail, struct fault *fault)
{
	struct text rest = body, line;
	const char *start = NULL;
	enum result result = RESULT_OK;
	while (result == RESULT_OK && next_line(&rest, &line)) {
		if (!begins(line, "--") || line.length < boundary.length + 2 ||
		    memcmp(line.at + 2, boundary.at, boundary.length) != 0)
			continue;
		if (start)
			result = read_part(part_between(start, line.at), mail, fault);
		start = rest.at;
	}
	return result == RESULT_OK && !start ? fault_set(fault, RESULT_PERMANENT, "the mail has no parts") : result;
}

static struct text boundary_of(struct text type)
{
	static const char name[] = "boundary=\"";
	const char *at = type.length ? memmem(type.at, type.length, name, sizeof name - 1) : NULL;
	if (!at)
		return TEXT_NONE;
	at += sizeof name - 1;
	const char *end = memchr(at, '"', (size_t)(type.at + type.length - at));
	return end ? (struct text){at, (size_t)(end - at)} : TEXT_NONE;
}

/* Takes the bytes of a mail apart; RESULT_PERMANENT: it is none that casewatch writes. */
static enum result demo_mail_read(struct text bytes, struct demo_mail *mail, struct fault *fault)
{
	struct buffer fields = {0};
	struct text rest = bytes;
	read_header(&rest, &fields);
	copy_value(mail->to, sizeof mail->to, field(&fields, "To"));
	copy_value(mail->subject, sizeof mail->subject, field(&fields, "Subject"));
	copy_value(mail->date, sizeof mail->date, field(&fields, "Date"));
	copy_value(mail->message_id, sizeof mail->message_id, field(&fields, "Message-ID"));
	struct text boundary = boundary_of(field(&fields, "Content-Type"));
	enum result result = boundary.length ? read_parts(rest, boundary, mail, fault) : read_part(bytes, mail, fault);
	buffer_free(&fields);
	return result;
}

/* ---- all of them ---- */

enum result demo_write_file(const char *path, struct text bytes, struct fault *fault)
{
	FILE *file = fopen(path, "we");
	bool good = file && fwrite(bytes.at ? bytes.at : "", 1, bytes.length, file) == bytes.length;
	if (file && fclose(file) != 0)
		good = false;
	return good ? RESULT_OK : fault_set(fault, RESULT_PERMANENT, "cannot write %s: %s", path, strerror(errno));
}

static enum result read_file(const char *path, struct buffer *out, struct fault *fault)
{
	char bytes[65536];
	FILE *file = fopen(path, "re");
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(errno));
	for (size_t length; out->length < MAIL_BYTES && (length = fread(bytes, 1, sizeof bytes, file)) > 0;)
		buffer_add(out, bytes, length);
	(void)fclose(file);
	return RESULT_OK;
}

static enum result read_one(const char *directory, const char *name, struct demo_mails *mails, struct fault *fault)
{
	struct buffer path = {0}, bytes = {0};
	struct demo_mail *mail = mem_push((void **)&mails->items, &mails->count, &mails->room, sizeof *mail);
	*mail = (struct demo_mail){0};
	(void)snprintf(mail->name, sizeof mail->name, "%.31s", name);
	buffer_format(&path, "%s/%s", directory, name);
	enum result result = read_file(path.at, &bytes, fault);
	if (result == RESULT_OK)
		result = demo_mail_read(buffer_view(&bytes), mail, fault);
	if (result == RESULT_OK && mail->html.length) {
		memcpy(path.at + path.length - 4, ".htm", 4);
		buffer_char(&path, 'l');
		result = demo_write_file(path.at, buffer_view(&mail->html), fault);
	}
	buffer_free(&path);
	buffer_free(&bytes);
	return result;
}

static int is_mail(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length < 32 && length > 4 && strcmp(entry->d_name + length - 4, ".eml") == 0;
}

enum result demo_mails_read(const char *directory, struct demo_mails *mails, struct fault *fault)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_mail, alphasort);
	enum result result =
		count < 0 ? fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", directory, strerror(errno))
			  : RESULT_OK;
	for (int i = 0; i < count; i++) {
		if (result == RESULT_OK)
			result = read_one(directory, entries[i]->d_name, mails, fault);
		free(entries[i]);
	}
	free(entries);
	return result;
}

const struct demo_mail *demo_mails_find(const struct demo_mails *mails, struct text message_id)
{
	for (size_t i = 0; i < mails->count; i++)
		if (text_equal(text_of(mails->items[i].message_id), message_id))
			return &mails->items[i];
	return NULL;
}

void demo_mails_free(struct demo_mails *mails)
{
	for (size_t i = 0; i < mails->count; i++)
		demo_mail_free(&mails->items[i]);
	free(mails->items);
	*mails = (struct demo_mails){0};
}

/* ---- the index ---- */

static void put_safe(struct buffer *out, const char *words)
{
	for (; *words; words++)
		switch (*words) {
		case '<': buffer_string(out, "&lt;"); break;
		case '&': buffer_string(out, "&amp;"); break;
		default: buffer_char(out, *words); break;
		}
}

static void put_mail(struct buffer *out, const struct demo_mail *mail)
{
	int stem = (int)strlen(mail->name) - 4;
	buffer_format(out, "<tr><td>%s</td><td>", mail->date);
	put_safe(out, mail->to);
	buffer_format(out, "</td><td><a href=\"mails/%.*s.%s\">", stem, mail->name, mail->html.length ? "html" : "eml");
	put_safe(out, mail->subject);
	buffer_string(out, "</a></td></tr>\n");
}

enum result demo_mails_index(const struct demo_mails *mails, const char *path, struct fault *fault)
{
	struct buffer out = {0};
	buffer_format(
		&out,
		"<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>casewatch "
	        "demo: mails"
		"</title>\n<style>body{font:1rem/1.4 sans-serif;margin:1rem}td,th{text-align:left;vertical-align:top;"
		"padding:.15rem .8rem .15rem 0;overflow-wrap:anywhere}td:first-child{white-space:nowrap}"
		"@media(max-width:700px){tr:first-child{display:none}table,tbody,tr,td{display:block}th{display:none}"
	        "tr{padding:.5rem 0;"
		"border-top:1px solid #6f8296}td{padding:0}a{display:inline-block;padding:.4rem "
	        "0}}</style></head><body>\n"
		"<h1>%zu mails</h1>\n<p>Everything that casewatch sent in the demo, in order. Children, people and "
	        "events are "
		"invented.</p>\n<table><tr><th scope=\"col\">Sent</th><th scope=\"col\">To</th><th "
	        "scope=\"col\">Subject</th></tr>\n",
		mails->count);
	for (size_t i = 0; i < mails->count; i++)
		put_mail(&out, &mails->items[i]);
	buffer_string(&out, "</table></body></html>\n");
	enum result result = demo_write_file(path, buffer_view(&out), fault);
	buffer_free(&out);
	return result;
}
