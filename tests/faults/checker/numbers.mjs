// Numbers are dense, in the order of writing, and in the order of time.

import { isAcknowledged } from './versions.mjs';

export function checkNumbers({ stored, history }, report) {
    stored.rows.forEach(({ seq, created_at: createdAt }, i) => {
        if (seq !== i + 1) report('numbers not dense', `${seq} stands where ${i + 1} belongs`);
        if (i > 0 && createdAt < stored.rows[i - 1].created_at) report('time runs back', `at ${seq}`);
    });
    if (stored.last_seq !== stored.rows.length)
        report('numbers not dense', `last_seq is ${stored.last_seq} of ${stored.rows.length}`);

    const sends = new Map(history.sends().map((send) => [send.label, send]));
    const stands = stored.rows.map(({ id }) => sends.get(history.byId.get(id))).filter((send) => send !== undefined);
    checkOrder(stands, 'order in time', report);
    for (const writer of new Set(stands.map((send) => send.writer))) {
        checkOrder(
            stands.filter((send) => send.writer === writer),
            "a writer's order",
            report,
        );
    }
}

/** Whatever was acknowledged before another message was begun comes before it. */
function checkOrder(sends, rule, report) {
    let earliest; // of the acknowledged messages with greater numbers, the one that was acknowledged first
    for (const send of [...sends].reverse()) {
        if (earliest?.end < send.start)
            report(rule, `${send.label} was begun after ${earliest.label} was acknowledged, and stands before it`);
        if (isAcknowledged(send) && !(earliest?.end < send.end)) earliest = send;
    }
}
