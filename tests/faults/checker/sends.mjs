// An acknowledged message is stored exactly once, any other at most once, and as it was sent or changed last.

import { isAcknowledged } from './versions.mjs';

export function checkSends({ stored, operations, history }, report) {
    const labels = new Map(); // label → its rows
    const byKey = new Map(history.sends().map(({ key, label }) => [key, label]));
    for (const row of stored.rows) {
        // Who has lost the key still has the text, which begins with the label.
        const label = byKey.get(row.key) ?? row.text?.split(' ')[0];
        if (!history.messages.has(label)) {
            report('stored without a send', `${row.id}`);
            continue;
        }
        labels.set(label, [...(labels.get(label) ?? []), row]);
        history.name(row.id, label);
        const { send } = history.messages.get(label);
        if (row.sender !== send.user || row.recipient !== send.peer)
            report('wrong sender', `${row.id} is from ${row.sender} to ${row.recipient}`);
    }

    for (const [label, rows] of labels) {
        if (rows.length > 1) report('stored twice', `${label} as ${rows.map(({ id }) => id).join(', ')}`);
    }
    for (const { kind, label, answer, ...operation } of operations) {
        if ((kind !== 'send' && kind !== 'repeat') || !isAcknowledged(operation)) continue;
        if (!labels.get(label)?.some(({ id }) => id === answer.id))
            report('acknowledged and lost', `${label} as ${answer.id}`);
    }

    for (const row of stored.rows) {
        const fault = history.fault(row, Infinity, Infinity);
        if (fault) report('stored otherwise', `${row.id} ${fault}`);
    }
    checkAnswers(operations, history, report);
}

/** Each answer shows the message as it was at that time, and nothing is refused that should not be. */
function checkAnswers(operations, history, report) {
    for (const operation of operations) {
        const { kind, label, answer, status, start, end } = operation;
        if (status === undefined) continue;
        if (isAcknowledged(operation)) {
            if (answer === undefined || kind === 'delete' || kind === 'mark') continue;
            // An edit's answer shows what it did, so it is looked at as a read just after.
            const fault = history.fault(answer, kind === 'edit' ? end + 0.001 : start, end);
            if (fault) report('answered otherwise', `${kind} of ${label}: ${answer.id} ${fault}`);
            continue;
        }
        const deleting =
            label !== undefined &&
            history.messages.get(label).changes.some((change) => change.kind === 'delete' && change.start < end);
        if (!(kind === 'edit' && status === 404 && deleting))
            report('refused', `${kind} of ${label ?? operation.seq}: ${status}`);
    }
}
