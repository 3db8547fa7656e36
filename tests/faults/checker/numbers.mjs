// Numbers are dense, in the order of writing, and in the order of time.

import { isAcknowledged } from './versions.mjs';

export function checkNumbers({ stored, history }, report) {
    stored.rows.forEach(({ seq, created_at: createdAt }, i) => {
        if (seq !== i + 1) report('numbers not dense', `${seq} stands where ${i + 1} belongs`);
        if (i > 0 && createdAt < stored.rows[i - 1].created_at) report('time runs back', `at ${seq}`);
    });
    if (stored.last_seq !== stored.rows.length) report('numbers not dense', `last_seq is ${stored.last_seq} of ${stored.rows.length}`);

    // Whatever was acknowledged before another message was begun comes before it; a writer's own order is a part of that.
    const sends = new Map(history.sends().map((send) => [send.label, send]));
    let earliest; // of the acknowledged messages with greater numbers, the one that was acknowledged first
    for (const row of [...stored.rows].reverse()) {
        const send = sends.get(history.byId.get(row.id));
        if (send === undefined) continue;
        if (earliest && earliest.end < send.start) {
            const rule = earliest.writer === send.writer ? "a writer's order" : 'order in time';
            report(rule, `${send.label} was begun after ${earliest.label} was acknowledged, and has a lower number, ${row.seq}`);
        }
        if (isAcknowledged(send) && !(earliest?.end < send.end)) earliest = send;
    }
}
