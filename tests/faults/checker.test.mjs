// The checker by itself: a record in which all is well, and then one lie at a time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConversation } from './checker/check.mjs';

const at = (seq) => `2026-01-01T00:00:0${seq}.000Z`;
const users = ['ann', 'ben'];

/** Three messages: ann's first, which is edited; ben's, which is deleted; ann's second, an image, without an answer. */
function good() {
    const message = (seq, sender, content) => ({
        id: `1-${seq}`,
        seq,
        sender,
        recipient: sender === 'ann' ? 'ben' : 'ann',
        ...content,
        created_at: at(seq),
    });
    const contents = {
        a1: { type: 'text', text: 'a1 hello' },
        b1: { type: 'text', text: 'b1 hello' },
        a2: { type: 'image', text: 'a2 look', url: 'https://example.org/a2.jpg', width: 640, height: 480 },
    };
    const [a1, b1, a2] = [
        message(1, 'ann', contents.a1),
        message(2, 'ben', contents.b1),
        message(3, 'ann', contents.a2),
    ];
    const edited = { ...a1, text: 'a1 edited', edited_at: at(5) };
    const { id, seq, sender, recipient } = b1;
    const deleted = { id, seq, sender, recipient, deleted_at: at(6) };
    const deletedRow = { ...deleted, type: 'text', created_at: at(2) };

    const operation = (kind, user, start, end, others) => ({
        kind,
        writer: user,
        user,
        peer: user === 'ann' ? 'ben' : 'ann',
        start,
        end,
        attempts: 1,
        doubts: 0,
        ...others,
    });
    const send = (user, label, start, end, others) =>
        operation('send', user, start, end, { label, key: `key-${label}`, content: contents[label], ...others });
    const operations = [
        send('ann', 'a1', 0, 1, { status: 201, answer: a1 }),
        send('ben', 'b1', 2, 3, { status: 201, answer: b1 }),
        send('ann', 'a2', 4, 5, { doubts: 1 }),
        operation('repeat', 'ben', 5, 5.5, {
            label: 'b1',
            key: 'key-b1',
            content: contents.b1,
            status: 200,
            answer: b1,
        }),
        operation('edit', 'ann', 6, 7, { label: 'a1', text: 'a1 edited', status: 200, answer: edited }),
        operation('delete', 'ben', 8, 9, { label: 'b1', status: 204 }),
        operation('edit', 'ben', 9, 9.5, { label: 'b1', text: 'b1 too late', status: 404 }),
        operation('mark', 'ben', 10, 11, { seq: 3, status: 204 }),
    ];
    const read = (way, start, messages, others) => ({
        user: 'ann',
        start,
        end: start + 0.5,
        way,
        messages,
        total: 3,
        ...others,
    });
    const final = [edited, deleted, a2];
    return {
        users,
        stored: {
            last_seq: 3,
            marks: { ann: 3, ben: 3 },
            rows: [
                { ...edited, key: 'key-a1' },
                { ...deletedRow, key: 'key-b1' },
                { ...a2, key: 'key-a2' },
            ],
        },
        operations,
        reads: [
            read('page', 5.6, [a2, b1], { page: 1, per_page: 2, upto: 3 }),
            read('page', 5.6, [a1], { page: 2, per_page: 2, upto: 3, from: 3 }),
            read('after', 7.1, [b1, a2], { from: 1, per_page: 50 }),
            read('before', 7.1, [edited], { from: 2, per_page: 50 }),
            read('whole', 12, final),
        ],
        inboxes: [
            { user: 'ann', start: 5.6, end: 6, last_seq: 3, my_read_seq: 3, their_read_seq: 2 },
            { user: 'ben', start: 12, end: 13, last_seq: 3, my_read_seq: 3, their_read_seq: 3 },
        ],
        screens: [
            {
                user: 'ben',
                name: 'screen 0',
                messages: final,
                events: [
                    { type: 'message.edited', with: 'ann', message: edited },
                    { type: 'message.deleted', with: 'ann', message: deleted },
                    { type: 'read', with: 'ann', reader: 'ben', seq: 3 },
                ],
            },
        ],
        crashes: [],
    };
}

const rulesOf = (conversation) => [...new Set(checkConversation(conversation).map(({ rule }) => rule))];

test('a good record passes', () => {
    assert.deepEqual(checkConversation(good()), []);
});

test('what nobody heard of may be missing altogether', () => {
    const record = good();
    record.operations = record.operations
        .filter(({ kind }) => kind === 'send')
        .map(({ answer, status, ...rest }) => rest);
    assert.deepEqual(checkConversation({ ...record, stored: undefined, reads: [], inboxes: [], screens: [] }), []);
});

test('a change without an answer may show at any later time, or never', () => {
    for (const text of ['a1 edited', 'a1 in doubt']) {
        const record = good();
        const shown = { text, edited_at: at(5) };
        record.operations.push({
            ...record.operations[4],
            start: 5.9,
            end: 6,
            text: 'a1 in doubt',
            status: undefined,
            answer: undefined,
            doubts: 1,
        });
        record.operations.sort((a, b) => a.start - b.start);
        for (const message of [record.stored.rows[0], record.reads[4].messages[0]]) Object.assign(message, shown);
        record.screens[0].messages = record.reads[4].messages;
        assert.deepEqual(checkConversation(record), []);
    }
});

test('what was read just before MariaDB was killed may be gone, unless it was acknowledged', () => {
    const other = (message) => ({ ...message, created_at: at(4) });
    const gone = (crashes) => {
        const record = good();
        const [page] = record.reads;
        record.inboxes[1].their_read_seq = 2; // ann's mark was 3
        page.messages = [other(page.messages[0]), page.messages[1]];
        return { ...record, crashes };
    };
    assert.deepEqual(rulesOf(gone([])), ['a page reads otherwise', 'a read mark goes back']);
    assert.deepEqual(rulesOf(gone([2000])), ['a page reads otherwise', 'a read mark goes back']);
    assert.deepEqual(rulesOf(gone([7])), []);

    const record = { ...good(), crashes: [7] };
    const [page] = record.reads;
    page.messages = [page.messages[0], other(page.messages[1])];
    record.inboxes[1].my_read_seq = 2; // ben's mark was acknowledged
    assert.deepEqual(rulesOf(record), ['a page reads otherwise', 'a read mark is lost']);
});

/** [rule that must notice, what is changed in the good record] */
const lies = [
    ['acknowledged and lost', ({ stored }) => stored.rows.splice(0, 1)],
    ['acknowledged and lost', ({ operations }) => (operations[0].answer.id = '1-3')],
    ['stored twice', ({ stored }) => stored.rows.push({ ...stored.rows[2], seq: 4, id: '1-4' })],
    ['stored without a send', ({ operations }) => operations.splice(2, 1)],
    ['wrong sender', ({ stored }) => Object.assign(stored.rows[2], { sender: 'ben', recipient: 'ann' })],
    ['stored otherwise', ({ stored }) => Object.assign(stored.rows[0], { text: 'a1 hello', edited_at: undefined })],
    ['stored otherwise', ({ stored }) => (stored.rows[0].text = 'a1 of somebody')],
    ['stored otherwise', ({ stored }) => (stored.rows[0].edited_at = undefined)],
    ['stored otherwise', ({ stored }) => (stored.rows[2].width = 641)],
    ['stored otherwise', ({ stored }) => (stored.rows[1].text = 'b1 hello')],
    ['stored otherwise', ({ stored }) => Object.assign(stored.rows[1], { text: 'b1 hello', deleted_at: undefined })],
    ['stored otherwise', ({ stored }) => (stored.rows[2].deleted_at = at(7))],
    ['answered otherwise', ({ operations }) => (operations[4].answer.text = 'a1 hello')],
    ['answered otherwise', ({ operations }) => (operations[0].answer.text = 'a1 hullo')],
    ['refused', ({ operations }) => (operations[2].status = 403)],
    ['refused', ({ operations }) => (operations[6].start = operations[6].end = 7.5)],
    [
        'number reused',
        ({ operations }) => Object.assign(operations[2], { status: 201, answer: { ...operations[0].answer } }),
    ],
    ['numbers not dense', ({ stored }) => (stored.rows[2].seq = 4)],
    ['numbers not dense', ({ stored }) => (stored.last_seq = 4)],
    ['time runs back', ({ stored }) => (stored.rows[2].created_at = at(1))],
    [
        "a writer's order",
        ({ operations, stored }) =>
            Object.assign(operations[2], { status: 201, answer: stored.rows[2] }) && (operations[0].start = 5.1),
    ],
    ['order in time', ({ operations }) => Object.assign(operations[0], { start: 3.5, end: 3.7 })],
    ['a page with a hole', ({ reads }) => reads[0].messages.pop()],
    ['a page with a hole', ({ reads }) => reads[2].messages.reverse()],
    ['a page with a hole', ({ reads }) => reads[3].messages.push(reads[3].messages[0])],
    ['a page with a hole', ({ reads }) => (reads[4].total = 2)],
    ['a stale page', ({ reads }) => (reads[0].total = 1)],
    ['a page of the lost', ({ reads }) => (reads[0].total = 4)],
    ['a page moved', ({ reads }) => (reads[1].from = 2)],
    [
        'a page reads otherwise',
        ({ reads }) => (reads[4].messages = [reads[1].messages[0], ...reads[4].messages.slice(1)]),
    ],
    [
        'a page reads otherwise',
        ({ reads }) => (reads[0].messages = [{ ...reads[0].messages[0], created_at: at(4) }, reads[0].messages[1]]),
    ],
    ['a page reads otherwise', ({ reads }) => (reads[2].start = 9.1)],
    ['a read mark is lost', ({ stored }) => (stored.marks.ben = 2)],
    ['a read mark goes back', ({ inboxes }) => (inboxes[1].their_read_seq = 2)],
    ['a read mark from nowhere', ({ inboxes }) => (inboxes[0].their_read_seq = 3)],
    ['a live client missed one', ({ screens }) => (screens[0].messages = screens[0].messages.slice(1))],
    ['a live client missed one', ({ screens }) => (screens[0].messages = screens[0].messages.slice(0, 2))],
    [
        'a live client missed one',
        ({ screens }) => (screens[0].messages = [...screens[0].messages, screens[0].messages[2]]),
    ],
    [
        'a live client shows otherwise',
        ({ screens }) =>
            (screens[0].messages = [
                { ...screens[0].messages[0], text: 'a1 hello', edited_at: undefined },
                ...screens[0].messages.slice(1),
            ]),
    ],
    [
        'a live client heard otherwise',
        ({ screens }) => (screens[0].events[0].message = { ...screens[0].events[0].message, text: 'a1 what?' }),
    ],
    ['a live client heard otherwise', ({ screens }) => (screens[0].events[2].seq = 4)],
];

for (const [rule, lie] of lies) {
    test(`noticed, ${rule}: ${String(lie).replace(/^.*?=> /, '')}`, () => {
        const record = structuredClone(good());
        lie(record);
        assert.ok(rulesOf(record).includes(rule), `${rulesOf(record).join(', ') || 'nothing'}`);
    });
}
