/* Any calendar: shifts of people of the directory, in order and apart, or faults. */
#include "config/rota.h"
#include "fuzz.h"

#define FROM ((instant)1764547200 * SECOND) /* 1 December 2025 */
#define UNTIL (FROM + 396 * 24 * HOUR)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct zone *zone;
	static struct person people[] = {{.id = "p-ann", .addresses[CHANNEL_EMAIL] = "ann@example.org"},
	                                 {.id = "p-bob", .addresses[CHANNEL_EMAIL] = "bob@example.org"}};
	const char *path = fuzz_file(bytes, length), *fixed[1];
	struct fault fault;
	struct role_title roles[1] = {{.role = "edt", .title = "EDT", .rota = path, .people = fixed}};
	struct directory directory = {.people = people, .person_count = 2, .roles = roles, .role_count = 1};
	struct config_faults faults = {0};
	if (!zone)
		zone = zone_load("Europe/London", &fault);
	FUZZ_EXPECT(zone);
	struct arena *arena = arena_new(1024);
	rota_read(path, "edt", zone, FROM, UNTIL, &directory, arena, &faults);
	for (size_t i = 0; i < directory.shift_count; i++) {
		const struct shift *shift = &directory.shifts[i];
		FUZZ_EXPECT(shift->from < shift->until && shift->until > FROM && shift->from < UNTIL);
		FUZZ_EXPECT(i == 0 || directory.shifts[i - 1].from <= shift->from);
	}
	config_faults_free(&faults);
	arena_free(arena);
	return 0;
}
