/* permitted: what the gate answers. */
#include "courier/courier_internal.h"

void courier_may_send(struct courier *courier, const struct outbox_same *row, uint32_t permission, instant begin_by)
{
	const struct courier_gate *gate = courier->settings.gate;
	if (gate_permit(courier, row, permission, begin_by))
		courier_wake(courier);
	else /* its message was refused for another of its rows */
		gate->over(gate->context, row, permission, GATE_NOT_BEGUN);
}

void courier_may_not_send(struct courier *courier, const struct outbox_same *row)
{
	gate_refuse(courier, row);
	courier_wake(courier);
}

void courier_gate_turned(struct courier *courier)
{
	const struct courier_gate *gate = courier->settings.gate;
	bool open = gate->is_open(gate->context);
	courier->released = courier->released || open;
	if (open)
		unheard_seek_given_up(courier);
	courier_wake(courier);
}

enum result courier_doubt_all(struct courier *courier, struct fault *fault)
{
	return outbox_doubt(courier->settings.store, 0, TEXT_NONE, fault);
}
