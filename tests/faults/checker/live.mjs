// A live client that follows the rule of docs/live.md ends with what is stored, each message once and in order.

import { faultOf } from './reads.mjs';

export function checkLive({ stored, screens, history }, report) {
    const rows = new Map(stored.rows.map((row) => [row.seq, row]));
    for (const { user, name, messages, events } of screens) {
        const what = `${name} of ${user}`;
        const wrong = messages.findIndex(({ seq }, i) => seq !== i + 1);
        if (wrong >= 0)
            report('a live client missed one', `${what}: ${messages[wrong].seq} came as number ${wrong + 1}`);
        if (messages.length !== stored.rows.length)
            report('a live client missed one', `${what}: ${messages.length} of ${stored.rows.length}`);
        for (const message of messages) {
            const row = rows.get(message.seq);
            // What is on the screen in the end is what is stored, with its last edit.
            const fault =
                faultOf(message, row, history, Infinity, Infinity) ??
                (message.text !== row.text ? 'has another text than is stored' : undefined);
            if (fault) report('a live client shows otherwise', `${what}: ${message.id} ${fault}`);
        }
        for (const { type, message, reader, seq } of events) {
            if (type === 'read') {
                if (seq > stored.marks[reader])
                    report('a live client heard otherwise', `${what}: ${reader} has read ${seq}`);
            } else if (type === 'message.edited' || type === 'message.deleted') {
                const fault = faultOf(message, rows.get(message.seq), history, 0, Infinity);
                if (fault) report('a live client heard otherwise', `${what}: ${type} ${message.id} ${fault}`);
            }
        }
    }
}
