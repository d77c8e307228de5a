/* place: a number by its digits, a mailbox without its capitals. */
#include "text/place.h"

#include <string.h>

#define HOME_COUNTRY "44" /* a national number is one of the United Kingdom (ITU-T E.164) */

static bool is_phone(struct text address)
{
	for (size_t i = 0; i < address.length; i++)
		if (!(address.at[i] >= '0' && address.at[i] <= '9') && address.at[i] != ' ' && address.at[i] != '+')
			return false;
	return address.length > 0;
}

/* A domain has no case (RFC 5321, section 2.4), and no mail system in use tells mailboxes apart by it. */
static struct text mailbox_name(struct text address, char room[PLACE_MOST])
{
	for (size_t i = 0; i < address.length; i++) {
		bool capital = address.at[i] >= 'A' && address.at[i] <= 'Z';
		room[i] = (char)(capital ? address.at[i] + ('a' - 'A') : address.at[i]);
	}
	return (struct text){room, address.length};
}

static struct text phone_name(struct text address, char room[PLACE_MOST])
{
	size_t count = 0, length = sizeof HOME_COUNTRY - 1, from = 0;
	char digits[PLACE_MOST];
	bool abroad = address.at[0] == '+';
	for (size_t i = 0; i < address.length; i++)
		if (address.at[i] >= '0' && address.at[i] <= '9')
			digits[count++] = address.at[i];
	if (!abroad && count > 2 && digits[0] == '0' && digits[1] == '0') {
		abroad = true;
		from = 2;
	}
	bool national = !abroad && count > 1 && digits[0] == '0';
	bool home = national || (count - from > length && memcmp(digits + from, HOME_COUNTRY, length) == 0);
	if (home) { /* "+44 07700" is written, too */
		from += national ? 0 : length;
		from += from < count && digits[from] == '0';
		memcpy(room, HOME_COUNTRY, length);
	}
	size_t at = home ? length : 0;
	while (from < count && at < PLACE_MOST)
		room[at++] = digits[from++];
	return (struct text){room, at};
}

struct text place_name(struct text address, char room[PLACE_MOST])
{
	if (address.length > PLACE_MOST)
		return address;
	if (is_phone(address))
		return phone_name(address, room);
	if (memchr(address.at, '@', address.length) && !memchr(address.at, '/', address.length))
		return mailbox_name(address, room);
	return address; /* a URL's path has case */
}

uint64_t place_key(struct text address, uint64_t seed)
{
	char room[PLACE_MOST];
	return text_fingerprint(place_name(address, room), seed);
}

bool place_same(struct text a, struct text b)
{
	char one[PLACE_MOST], other[PLACE_MOST];
	return text_equal(a, b) || text_equal(place_name(a, one), place_name(b, other));
}

void phone_dialled(const char *phone, struct buffer *out)
{
	for (const char *c = phone; *c; c++) {
		if (c == phone && *c == '0')
			buffer_string(out, "+" HOME_COUNTRY);
		else if ((*c >= '0' && *c <= '9') || (c == phone && *c == '+'))
			buffer_char(out, *c);
	}
}

void phone_shown(const char *phone, struct buffer *out)
{
	for (const char *c = phone; *c; c++)
		buffer_add(out, *c == ' ' ? "\xc2\xa0" : c, *c == ' ' ? 2 : 1);
}
