/* mime: builds a mail from its head and two bodies. */
#include "channel/smtp/mime.h"

#include "channel/smtp/mime_encode.h"

#include <assert.h>
#include <stdlib.h>

#define LOCAL_PART_MOST 64 /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MOST 253 /* RFC 1035 2.3.4 */
#define LABEL_MOST 63 /* RFC 1035 2.3.4 */
#define HEAD_ROOM 2048 /* bytes that most heads do with */
#define MIME_NAME_HALF 16 /* digits */

static bool letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool mime_domain_ok(struct text domain)
{
	size_t label = 0;
	if (domain.length == 0 || domain.length > DOMAIN_MOST)
		return false;
	for (size_t i = 0; i < domain.length; i++) {
		char c = domain.at[i];
		if (c == '.') {
			if (label == 0 || domain.at[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!letter_or_digit(c) && !(c == '-' && label))
			return false;
		if (++label > LABEL_MOST)
			return false;
	}
	return label > 0 && domain.at[domain.length - 1] != '-';
}

/* RFC 5322 atext. */
static bool atom_character(char c)
{
	return letter_or_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool local_part_ok(struct text local)
{
	if (local.length == 0 || local.length > LOCAL_PART_MOST)
		return false;
	bool dot = true; /* neither first, nor last, nor twice */
	for (size_t i = 0; i < local.length; i++) {
		if (local.at[i] == '.' ? dot : !atom_character(local.at[i]))
			return false;
		dot = local.at[i] == '.';
	}
	return !dot;
}

static bool refuse(const char **why, const char *reason)
{
	if (why)
		*why = reason;
	return false;
}

bool mime_address_ok(struct text address, const char **why)
{
	if (address.length == 0)
		return refuse(why, "it is empty");
	if (address.length > MIME_ADDRESS_MOST)
		return refuse(why, "it is longer than 254 characters");
	for (size_t i = 0; i < address.length; i++)
		if ((unsigned char)address.at[i] <= ' ' || (unsigned char)address.at[i] >= 0x7F)
			return refuse(why, "it has a space, a control character or a letter that is not ASCII");
	const char *at = memchr(address.at, '@', address.length);
	if (!at)
		return refuse(why, "it has no @");
	size_t local = (size_t)(at - address.at);
	if (!local_part_ok((struct text){address.at, local}))
		return refuse(why, "what stands before the @ is not a plain mailbox name");
	if (!mime_domain_ok((struct text){at + 1, address.length - local - 1}))
		return refuse(why, "what stands after the @ is not a host name");
	return true;
}

bool mime_message_id_ok(struct text id)
{
	if (id.length < 5 || id.length > MIME_ADDRESS_MOST || id.at[0] != '<' || id.at[id.length - 1] != '>')
		return false;
	size_t signs = 0;
	for (size_t i = 1; i + 1 < id.length; i++) {
		if (id.at[i] == '@')
			signs++;
		else if (!atom_character(id.at[i]) && id.at[i] != '.')
			return false;
	}
	return signs == 1;
}

void mime_message_id(struct text name, struct text domain, struct buffer *out)
{
	char first[MIME_NAME_HALF + 1];
	assert(name.length == 2 * MIME_NAME_HALF);
	memcpy(first, name.at, MIME_NAME_HALF);
	first[MIME_NAME_HALF] = '\0';
	buffer_char(out, '<');
	buffer_number(out, (int64_t)(strtoull(first, NULL, 16) % 1000000000000u));
	buffer_char(out, '.');
	buffer_add(out, name.at + MIME_NAME_HALF, MIME_NAME_HALF);
	buffer_char(out, '@');
	buffer_text(out, domain);
	buffer_char(out, '>');
}

static enum result check_value(const char *name, struct text value, size_t most, struct fault *fault)
{
	if (value.length > most)
		return fault_set(fault, RESULT_PERMANENT, "the mail's %s is longer than %zu bytes", name, most);
	for (size_t i = 0; i < value.length; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7F)
			return fault_set(fault, RESULT_PERMANENT, "the mail's %s has a control character in it", name);
	return RESULT_OK;
}

static enum result check_address(const char *name, struct text address, struct fault *fault)
{
	const char *why = "";
	if (!mime_address_ok(address, &why))
		return fault_set(fault, RESULT_PERMANENT, "the %s address cannot be used: %s", name, why);
	return RESULT_OK;
}

static enum result check(const struct mime_head *head, struct text text, struct text html, struct fault *fault)
{
	enum result result = check_address("sender's", head->from, fault);
	if (result == RESULT_OK)
		result = check_address("recipient's", head->to, fault);
	if (result == RESULT_OK)
		result = check_value("sender's name", head->from_name, MIME_NAME_MOST, fault);
	if (result == RESULT_OK)
		result = check_value("subject", head->subject, MIME_VALUE_MOST, fault);
	if (result != RESULT_OK)
		return result;
	if (!mime_message_id_ok(head->message_id) || (head->first_id.length && !mime_message_id_ok(head->first_id)))
		return fault_set(fault, RESULT_PERMANENT, "the Message-ID cannot be used as it stands");
	if (text.length > MIME_BODY_MOST || html.length > MIME_BODY_MOST)
		return fault_set(fault, RESULT_PERMANENT, "the mail is larger than %u bytes", MIME_BODY_MOST);
	return RESULT_OK;
}

/* "Wed, 05 Feb 2020 02:10:00 +0000" (RFC 5322 3.3), in local time with its offset. */
static void put_date(const struct mime_head *head, struct buffer *out)
{
	static const char days[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int32_t offset = head->date_offset;
	int64_t wall = head->date + offset * SECOND;
	int64_t day = wall / (24 * HOUR) - (wall % (24 * HOUR) < 0);
	int64_t seconds = (wall - day * 24 * HOUR) / SECOND;
	int year, month, date;
	day_split((civil_day)day, &year, &month, &date);
	uint64_t minutes = (uint64_t)(offset < 0 ? -offset : offset) / 60;
	const char *sign = offset < 0 ? " -" : " +";
	buffer_string(out, "Date: ");
	buffer_add(out, days[day_of_week((civil_day)day)], 3);
	buffer_add(out, ", ", 2);
	buffer_padded(out, (uint64_t)date, 2);
	buffer_char(out, ' ');
	buffer_add(out, months[month - 1], 3);
	buffer_char(out, ' ');
	buffer_padded(out, (uint64_t)year, 4);
	buffer_char(out, ' ');
	buffer_padded(out, (uint64_t)seconds / 3600, 2);
	buffer_char(out, ':');
	buffer_padded(out, (uint64_t)seconds / 60 % 60, 2);
	buffer_char(out, ':');
	buffer_padded(out, (uint64_t)seconds % 60, 2);
	buffer_add(out, sign, 2);
	buffer_padded(out, minutes / 60, 2);
	buffer_padded(out, minutes % 60, 2);
	buffer_add(out, "\r\n", 2);
}

static void put_field(struct buffer *out, const char *name, struct text value)
{
	buffer_string(out, name);
	buffer_text(out, value);
	buffer_add(out, "\r\n", 2);
}

static bool needs_encoding(struct text name)
{
	for (size_t i = 0; i < name.length; i++)
		if ((unsigned char)name.at[i] >= 0x7F ||
		    (name.at[i] == '=' && i + 1 < name.length && name.at[i + 1] == '?'))
			return true;
	return false;
}

/* From: a display name as a quoted string or encoded words, then the address on the same or the next line. */
static void put_from(const struct mime_head *head, struct buffer *out)
{
	buffer_string(out, "From: ");
	if (head->from_name.length == 0) {
		put_field(out, "", head->from);
		return;
	}
	if (needs_encoding(head->from_name)) {
		mime_header_value(head->from_name, 6, out);
	} else {
		buffer_char(out, '"');
		for (size_t i = 0; i < head->from_name.length; i++) {
			if (head->from_name.at[i] == '"' || head->from_name.at[i] == '\\')
				buffer_char(out, '\\');
			buffer_char(out, head->from_name.at[i]);
		}
		buffer_char(out, '"');
	}
	buffer_string(out, "\r\n <");
	buffer_text(out, head->from);
	buffer_string(out, ">\r\n");
}

static void put_head(const struct mime_head *head, struct buffer *out)
{
	put_date(head, out);
	put_from(head, out);
	put_field(out, "To: ", head->to);
	buffer_string(out, "Subject: ");
	mime_header_value(head->subject, 9, out);
	put_field(out, "\r\nMessage-ID: ", head->message_id);
	if (head->first_id.length && !text_equal(head->first_id, head->message_id)) {
		put_field(out, "In-Reply-To: ", head->first_id);
		put_field(out, "References: ", head->first_id);
	}
	buffer_string(out, "Auto-Submitted: auto-generated\r\n"); /* RFC 3834: no absence notes in reply */
	/* The same as Exchange reads it (MS-OXCMAIL 2.1.3.2.20). Not "All": that asks it to send back no report either
	 * when a message did not arrive, and then nobody would hear of it. */
	buffer_string(out, "X-Auto-Response-Suppress: RN, NRN, OOF, AutoReply\r\n");
	if (head->critical)
		buffer_string(out, "Importance: high\r\n"); /* RFC 2156 5.3.4, as mail programs show it */
	if (head->possible_duplicate)
		buffer_string(out, "X-Casewatch-Possible-Duplicate: yes\r\n");
	buffer_string(out, "MIME-Version: 1.0\r\n");
}

static void put_part(const char *type, struct text body, struct buffer *out)
{
	buffer_string(out, "Content-Type: ");
	buffer_string(out, type);
	buffer_string(out, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
	mime_quoted_printable(body, out);
}

enum result mime_write(const struct mime_head *head, struct text text, struct text html, struct buffer *out,
                       struct fault *fault)
{
	enum result result = check(head, text, html, fault);
	if (result != RESULT_OK)
		return result;
	(void)buffer_room(out, HEAD_ROOM + text.length + html.length + (text.length + html.length) / 16);
	put_head(head, out);
	if (html.length == 0) {
		put_part("text/plain", text, out);
		return RESULT_OK;
	}
	/* "=_" occurs in no quoted-printable text (RFC 2045 6.7), so the boundary occurs in neither part. */
	char boundary[] = "=_casewatch_0123456789abcdef";
	text_hex(text_fingerprint(head->message_id, 0), boundary + sizeof "=_casewatch_" - 1);
	buffer_string(out, "Content-Type: multipart/alternative;\r\n boundary=\"");
	buffer_string(out, boundary);
	buffer_string(out, "\"\r\n\r\n--");
	put_field(out, boundary, TEXT_NONE);
	/* The CRLF before a boundary is the boundary's own (RFC 2046 5.1.1): each body keeps its last line end. */
	put_part("text/plain", text, out);
	buffer_string(out, "\r\n--");
	put_field(out, boundary, TEXT_NONE);
	put_part("text/html", html, out);
	buffer_string(out, "\r\n--");
	put_field(out, boundary, TEXT("--"));
	return RESULT_OK;
}
