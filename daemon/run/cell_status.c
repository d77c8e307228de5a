/* cell_status: what others of the council ask of its cell. */
#include "run/cell_internal.h"

const struct courier_gate *cell_gate(const struct council *council)
{
	return council->cell ? &council->cell->gate : NULL;
}

bool cell_status(const struct council *council, struct ops_status_cell *status)
{
	const struct cell *cell = council->cell;
	if (!cell)
		return false;
	*status = (struct ops_status_cell){.machine = council->first->cell.machine, .owner = cell->owner};
	if (!cell->journal)
		return true;
	status->joined = true;
	status->owner = journal_owner(cell->journal, 0);
	status->sends = journal_owns(cell->journal, 0);
	status->under_way = journal_under_way(cell->journal, 0);
	status->doubtful = journal_doubtful(cell->journal, 0);
	return true;
}
