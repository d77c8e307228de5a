/* address: whether text is the name of a machine, or of a mailbox. */
#include "text/address.h"

#include <arpa/inet.h>
#include <string.h>

bool host_is_loopback(const char *host)
{
	struct in_addr four;
	if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
		return true;
	return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

bool host_is_good(struct text text)
{
	char name[256];
	struct in6_addr six;
	if (text.length == 0 || text.length >= sizeof name)
		return false;
	memcpy(name, text.at, text.length);
	name[text.length] = '\0';
	if (inet_pton(AF_INET6, name, &six) == 1)
		return true;
	if (!text_is_made_of(text, "-.") || text.at[0] == '-' || text.at[0] == '.' || strstr(name, ".."))
		return false;
	return text.at[text.length - 1] != '-' && text.at[text.length - 1] != '.';
}

bool mail_address_is_good(struct text address, const char **why)
{
	const char *at = address.length ? memchr(address.at, '@', address.length) : NULL;
	size_t local = at ? (size_t)(at - address.at) : 0;
	struct text domain = at ? (struct text){at + 1, address.length - local - 1} : TEXT_NONE;
	*why = NULL;
	for (size_t i = 0; i < address.length && !*why; i++) {
		unsigned char c = (unsigned char)address.at[i];
		if (c <= 0x20 || c == 0x7f)
			*why = "it holds a space or a control character";
		else if (c >= 0x80)
			*why = "it holds a letter outside ASCII";
		else if (strchr("<>()[],;:\\\"", (int)c))
			*why = "it holds punctuation that an address may not";
	}
	if (!*why && (!at || memchr(domain.at, '@', domain.length)))
		*why = "it must have one @";
	else if (!*why && (local == 0 || local > 64))
		*why = "before the @ there must be 1 to 64 characters";
	else if (!*why && (address.length > 254 || !host_is_good(domain)))
		*why = "after the @ there must be a domain such as example.org";
	return !*why;
}
