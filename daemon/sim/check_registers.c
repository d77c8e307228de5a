/* check_registers: the registers are what a daemon makes of the same events that has none. */
#include "sim/sim.h"

void check_registers(struct sim *sim)
{
	sim->figures.reckonings++;
}
