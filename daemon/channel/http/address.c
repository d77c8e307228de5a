/* address: the IANA special-purpose registries, as far as they are not globally reachable. */
#include "channel/http/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block {
	uint32_t from;
	int bits;
};
/* https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast. */
static const struct block inside_v4[] = {
	{0x00000000, 8},  /* this network */
	{0x0A000000, 8},  /* private */
	{0x64400000, 10}, /* shared by carriers */
	{0x7F000000, 8},  /* loopback */
	{0xA9FE0000, 16}, /* link-local; clouds' metadata servers */
	{0xAC100000, 12}, /* private */
	{0xC0000000, 24}, /* protocol assignments */
	{0xC0000200, 24}, /* documentation */
	{0xC0586300, 24}, /* 6to4 relays */
	{0xC0A80000, 16}, /* private */
	{0xC6120000, 15}, /* benchmarks */
	{0xC6336400, 24}, /* documentation */
	{0xCB007100, 24}, /* documentation */
	{0xE0000000, 3},  /* multicast and reserved */
};

static bool inside_ipv4(uint32_t address)
{
	for (size_t i = 0; i < sizeof inside_v4 / sizeof inside_v4[0]; i++)
		if ((address ^ inside_v4[i].from) >> (32 - inside_v4[i].bits) == 0)
			return true;
	return false;
}

static uint32_t word(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool inside_ipv6(const unsigned char *at)
{
	static const unsigned char zeros[16];
	if (memcmp(at, zeros, 10) == 0 && at[10] == 0xFF && at[11] == 0xFF)
		return inside_ipv4(word(at + 12)); /* ::ffff:a.b.c.d */
	if (memcmp(at, zeros, 12) == 0)
		return true;                       /* ::, ::1, ::a.b.c.d */
	if (word(at) == 0x0064FF9B && memcmp(at + 4, zeros, 8) == 0)
		return inside_ipv4(word(at + 12)); /* 64:ff9b::a.b.c.d, translated */
	if (word(at) >> 16 == 0x2002)
		return inside_ipv4(word(at + 2));  /* 6to4 */
	if ((at[0] & 0xE0) != 0x20)
		return true;                       /* global unicast is 2000::/3: all else is not */
	return word(at) >> 9 == 0x20010000 >> 9 || word(at) == 0x20010DB8 || word(at) >> 12 == 0x3FFF0; /* protocols,
	                                                                                                documentation */
}

bool address_is_inside(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof v4);
		return inside_ipv4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof v6);
		return inside_ipv6(v6.sin6_addr.s6_addr);
	}
	return true;
}
