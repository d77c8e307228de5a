/* cell_status: what others of the council ask of its cell. */
#include "run/cell_internal.h"

const struct courier_gate *cell_gate(const struct council *council)
{
	return council->cell ? &council->cell->gate : NULL;
}

struct text cell_seal_key(const struct council *council)
{
	const struct cell *cell = council->cell;
	return cell ? (struct text){(const char *)cell->seal_key, sizeof cell->seal_key} : TEXT_NONE;
}

bool cell_status(const struct council *council, struct ops_status_cell *status)
{
	const struct cell *cell = council->cell;
	if (!cell)
		return false;
	*status = (struct ops_status_cell){.machine = council->first->cell.machine, .owner = cell->owner,
	                                   .unable = cell->why,
	                                   .behind = cell->behind,
	                                   .edition = council->edition_number};
	if (!cell->journal)
		return true;
	status->joined = true;
	status->read = journal_is_read(cell->journal, 0);
	status->owner = journal_owner(cell->journal, 0);
	status->sends = journal_owns(cell->journal, 0);
	status->under_way = journal_under_way(cell->journal, 0);
	status->doubtful = journal_doubtful(cell->journal, 0);
	return true;
}
