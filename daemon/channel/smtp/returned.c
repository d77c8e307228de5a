/* returned: tells reports of servers from replies of machines and letters of people. */
#include "channel/smtp/returned.h"

#include "channel/smtp/mime_read.h"

#include <stdio.h>

const char *returned_kind_name(enum returned_kind kind)
{
	switch (kind) {
	case RETURNED_FAILED: return "failed";
	case RETURNED_DELAYED: return "delayed";
	case RETURNED_DELIVERED: return "delivered";
	case RETURNED_AUTO_REPLY: return "auto-reply";
	case RETURNED_UNCLEAR: return "unclear";
	case RETURNED_LETTER: return "letter";
	}
	return "";
}

/* What was found of the parts that matter, wherever they are. */
struct found {
	bool report;          /* a part message/delivery-status */
	struct text status;   /* its body */
	struct text original; /* the head of the mail that is returned */
	struct buffer status_room, original_room; /* of those that came encoded */
	size_t parts;
};

static bool is_any_of(struct text head, const struct text *types)
{
	for (; types->length; types++)
		if (mime_is_type(head, *types))
			return true;
	return false;
}

static void look_at_part(struct text bytes, struct found *found)
{
	static const struct text reports[] = {TEXT_LITERAL("message/delivery-status"),
	                                      TEXT_LITERAL("message/global-delivery-status"), {NULL, 0}};
	static const struct text originals[] = {
		TEXT_LITERAL("message/rfc822"), TEXT_LITERAL("message/global"), TEXT_LITERAL("text/rfc822-headers"),
		TEXT_LITERAL("message/rfc822-headers"), TEXT_LITERAL("message/global-headers"), {NULL, 0}};
	struct mime_entity part = mime_split(bytes);
	if (!found->report && is_any_of(part.head, reports)) {
		found->report = true;
		found->status = mime_decode(part, &found->status_room);
	} else if (!found->original.length && is_any_of(part.head, originals)) {
		found->original = mime_split(mime_decode(part, &found->original_room)).head;
	}
}

static void look_at_parts(struct text bytes, int depth, struct found *found)
{
	char boundary[MIME_BOUNDARY_MOST];
	struct mime_entity entity = mime_split(bytes);
	struct text value, part;
	size_t at = 0;
	if (!mime_field(entity.head, TEXT("Content-Type"), 0, &value))
		return;
	look_at_part(bytes, found);
	value = text_trim(value);
	if (value.length < 10 || !text_equal_fold((struct text){value.at, 10}, TEXT("multipart/")))
		return;
	mime_parameter(entity.head, TEXT("boundary"), boundary, sizeof boundary);
	while (depth < RETURNED_DEPTH && found->parts < RETURNED_PARTS &&
	       mime_next_part(entity.body, boundary, &at, &part)) {
		found->parts++;
		look_at_parts(part, depth + 1, found);
	}
}

/* ---- the report ---- */

static bool action_is(struct text block, struct text word)
{
	struct text value;
	if (!mime_field(block, TEXT("Action"), 0, &value))
		return false;
	value = text_trim(value);
	return value.length >= word.length && text_equal_fold((struct text){value.at, word.length}, word) &&
	       (value.length == word.length || (unsigned char)value.at[word.length] <= ' ' ||
	        value.at[word.length] == '(' || value.at[word.length] == ';');
}

static bool kind_of(struct text block, enum returned_kind *kind)
{
	if (action_is(block, TEXT("failed")))
		*kind = RETURNED_FAILED;
	else if (action_is(block, TEXT("delayed")))
		*kind = RETURNED_DELAYED;
	else if (action_is(block, TEXT("delivered")) || action_is(block, TEXT("relayed")) ||
	         action_is(block, TEXT("expanded")))
		*kind = RETURNED_DELIVERED;
	else
		return false;
	return true;
}

/* Each of our messages has one recipient; where a list of theirs made several of it, the worst is what counts (the
 * kinds stand in that order): to be told twice is better than not at all. */
static void read_report(struct text body, struct returned *returned)
{
	enum returned_kind kind;
	returned->kind = RETURNED_UNCLEAR;
	(void)snprintf(returned->words, sizeof returned->words, "a delivery report without an action we know");
	for (struct text rest = body; rest.length;) {
		struct mime_entity block = mime_split(rest);
		if (kind_of(block.head, &kind) && kind < returned->kind) {
			returned->kind = kind;
			mime_field_words(block.head, TEXT("Status"), returned->status, sizeof returned->status);
			mime_field_words(block.head, TEXT("Diagnostic-Code"), returned->words, sizeof returned->words);
		}
		if (block.body.length >= rest.length)
			break;
		rest = block.body;
	}
}

/* ---- replies of machines ---- */

static bool field_begins(struct text head, struct text name, const char *const *words)
{
	char value[64];
	mime_field_words(head, name, value, sizeof value);
	for (; value[0] && *words; words++)
		if (strncasecmp(value, *words, strlen(*words)) == 0)
			return true;
	return false;
}

static bool has_field(struct text head, struct text name)
{
	struct text value;
	return mime_field(head, name, 0, &value);
}

/* How it is known to be a machine's reply; NULL: it is none. RFC 3834 5 and what programs wrote before it. */
static const char *auto_reply(struct text head)
{
	static const char *const no[] = {"no", NULL};
	static const char *const bulk[] = {"bulk", "junk", "list", "auto_reply", "auto-reply", NULL};
	static const char *const subjects[] = {
		"Automatic reply:", "Auto:", "Autoreply:", "Auto-reply:", "Out of office", NULL};
	if (has_field(head, TEXT("Auto-Submitted")) && !field_begins(head, TEXT("Auto-Submitted"), no))
		return "Auto-Submitted";
	static const struct text fields[] = {TEXT_LITERAL("X-Autoreply"), TEXT_LITERAL("X-Autorespond"),
	                                     TEXT_LITERAL("X-Autoresponder"), TEXT_LITERAL("X-Auto-Reply-From"),
	                                     TEXT_LITERAL("X-Auto-Response"), TEXT_LITERAL("X-FC-MachineGenerated")};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (has_field(head, fields[i]))
			return fields[i].at;
	if (field_begins(head, TEXT("Precedence"), bulk))
		return "Precedence";
	if (field_begins(head, TEXT("Subject"), subjects))
		return "Subject";
	if (mime_is_type(head, TEXT("multipart/report")))
		return "a report that is none of delivery";
	return NULL;
}

static bool null_sender(struct text head)
{
	char value[8], from[64];
	mime_field_words(head, TEXT("Return-Path"), value, sizeof value);
	mime_field_words(head, TEXT("From"), from, sizeof from);
	return strcmp(value, "<>") == 0 || strcasestr(from, "mailer-daemon") || strcasestr(from, "postmaster@");
}

/* ---- which message ---- */

#define FIELDS_MOST 8 /* of one name that are looked at */

/* Where a server writes the address that the mail came to. */
static bool by_address(struct text head, struct text address, struct text key, char id[VERP_ID_SIZE])
{
	static const struct text fields[] = {TEXT_LITERAL("Delivered-To"), TEXT_LITERAL("X-Original-To"),
	                                     TEXT_LITERAL("Envelope-To"), TEXT_LITERAL("To"),
	                                     TEXT_LITERAL("Original-Recipient")};
	struct text value;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		for (size_t nth = 0; nth < FIELDS_MOST && mime_field(head, fields[i], nth, &value); nth++)
			if (verp_find(address, key, value, id))
				return true;
	return false;
}

static void by_message_id(struct text head, struct text name, char id[VERP_ID_SIZE])
{
	struct text value;
	if (mime_field(head, name, 0, &value))
		(void)verp_id(text_trim(value), id);
}

void returned_read(struct text mail, struct text address, struct text key, struct returned *returned)
{
	struct found found = {.report = false};
	struct text bytes = {mail.at, mail.length < RETURNED_BYTES ? mail.length : RETURNED_BYTES};
	struct text head = mime_split(bytes).head;
	*returned = (struct returned){.kind = RETURNED_LETTER};
	look_at_parts(bytes, 0, &found);
	const char *how = auto_reply(head);
	if (found.report) {
		read_report(found.status, returned);
	} else if (how) {
		returned->kind = RETURNED_AUTO_REPLY;
		(void)snprintf(returned->words, sizeof returned->words, "recognised by %s", how);
	} else if (null_sender(head)) {
		returned->kind = RETURNED_UNCLEAR;
		(void)snprintf(returned->words, sizeof returned->words, "from a mail server, and no delivery report");
	}
	returned->by_address = key.length && by_address(head, address, key, returned->id);
	if (!returned->id[0])
		by_message_id(found.original, TEXT("Message-ID"), returned->id);
	if (!returned->id[0] && !found.report)
		by_message_id(head, TEXT("In-Reply-To"), returned->id);
	buffer_free(&found.status_room);
	buffer_free(&found.original_room);
}
