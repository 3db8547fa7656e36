// Every answer that was read shows the numbers that it was asked for, without a hole, and nothing older than what had
// been acknowledged before.

import { crashAfter } from './crashes.mjs';
import { isAcknowledged } from './versions.mjs';

const range = (low, high) => Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i);

/** The numbers that an answer must have. */
const expected = {
    page: ({ upto, page, per_page: perPage }) => {
        const high = upto - (page - 1) * perPage;
        return range(Math.max(1, high - perPage + 1), high).reverse();
    },
    after: ({ from, per_page: perPage, total }) => range(from + 1, Math.min(from + perPage, total)),
    before: ({ from, per_page: perPage, total }) => {
        const high = Math.min(from - 1, total);
        return range(Math.max(1, high - perPage + 1), high).reverse();
    },
    whole: ({ total }) => range(1, total),
};

/** Acknowledged numbers by time: how many messages there were at least. */
export function acknowledgedUpto(history) {
    const steps = [];
    let most = 0;
    const acknowledged = history.sends().filter(isAcknowledged);
    for (const { end, answer } of acknowledged.sort((a, b) => a.end - b.end)) {
        most = Math.max(most, answer.seq);
        steps.push({ end, most });
    }
    return (time) => {
        let [low, high] = [0, steps.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (steps[middle].end < time) low = middle + 1;
            else high = middle;
        }
        return low === 0 ? 0 : steps[low - 1].most;
    };
}

export function checkReads({ stored, reads, crashes, history }, report) {
    const least = acknowledgedUpto(history);
    const rows = new Map(stored.rows.map((row) => [row.seq, row]));
    for (const read of reads) {
        const from = read.from === undefined ? '' : ` from ${read.from}`;
        const what = `${read.user} read ${read.way}${from}${read.unchanged ? ', unchanged' : ''}`;
        const numbers = read.messages.map(({ seq }) => seq);
        if (numbers.join() !== expected[read.way](read).join())
            report('a page with a hole', `${what}: ${numbers.join(' ')}`);
        if (read.total < least(read.start))
            report('a stale page', `${what}: ${read.total} messages, when ${least(read.start)} were acknowledged`);
        const crash = crashAfter(read, crashes);
        if (read.total > stored.rows.length && crash === undefined)
            report('a page of the lost', `${what}: ${read.total} messages, and ${stored.rows.length} are stored`);
        if (read.way === 'page' && read.from !== undefined && read.upto !== read.from)
            report('a page moved', `${what}: upto ${read.upto}`);
        for (const message of read.messages) {
            if (crash !== undefined && message.seq > least(crash)) continue;
            const fault = faultOf(message, rows.get(message.seq), history, read.start, read.end);
            if (fault) report('a page reads otherwise', `${what}: ${message.id} ${fault}`);
        }
    }
}

/** What never changes is compared with the row, the rest with what was asked for by then. */
export function faultOf(message, row, history, start, end) {
    if (row === undefined) return 'is not stored';
    const names = ['id', 'sender', 'recipient', ...(message.deleted_at === undefined ? ['type', 'created_at'] : [])];
    const wrong = names.filter((name) => message[name] !== row[name]);
    return wrong.length > 0 ? `has another ${wrong.join(', ')} than is stored` : history.fault(message, start, end);
}
