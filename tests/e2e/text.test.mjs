// Text comes back byte for byte, whatever it is.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertProblem, newcomer } from './support/api.mjs';

let alice, bob;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
});

const texts = [
    ['four bytes each', '𝄞🦊😀🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['joined emoji', '👩‍👩‍👧‍👦 👍🏽 🇦🇶'],
    ['right to left', 'שלום עולם — مرحبا بالعالم'],
    ['directional marks', '\u202eabc\u202c \u2067x\u2069 \u200f'],
    ['combining, not normalised', 'e\u0301 \u00e9 Z\u0351\u036b\u0343\u036a\u0302'],
    ['CRLF, LF, CR', 'one\r\ntwo\nthree\rfour'],
    ['line and paragraph separators', 'a\u2028b\u2029c\u0085d'],
    ['blanks around it', '  \t both sides \t  '],
    ['only a blank', ' '],
    ['ideographic and no-break spaces', '\u3000\u00a0\u2003'],
    ['control characters', 'a\u0001b\u0007c\u001bd\u007fe\u0080f'],
    ['a byte order mark', '\ufeffstart'],
    ['noncharacters', '\ufffe\uffff\u{1ffff}\u{10ffff}'],
    ['the replacement character', '\ufffd'],
    ['quotes and backslashes', '"\'`\\ \\n \\u0041 \\\\'],
    ['SQL', "'; DROP TABLE messages; -- %_"],
    ['HTML', '<script>alert("&amp;")</script><!-- -->'],
    ['printf and JSON', '%s%n%d {"a":[1,2]} ]}'],
    ['Turkish, German, Greek', 'İıŞş ß ẞ Σσς'],
    ['CJK and beyond', '漢字 𠮷野家 한국어 ไทย नमस्ते'],
];

for (const [name, text] of texts) {
    test(name, async () => {
        const sent = await alice.send({ recipient: bob.name, type: 'text', text });
        assert.equal(sent.text, text);
        const answer = await bob.get(`/messages?with=${alice.name}&page=1&per_page=1`);
        assert.equal(answer.json().messages[0].text, text);
        const whole = await bob.read(`/messages?with=${alice.name}`);
        assert.equal(whole.messages[0].text, text);
    });
}

test('escaped in the request or not, it is the same', async () => {
    const headers = [['Content-Type', 'application/json']];
    const raw = `{"recipient":"${bob.name}","type":"text","text":"\\ud834\\udd1e\\u0065\\u0301\\/\\b\\f"}`;
    const answer = await alice.call('POST', '/messages', { raw, headers });
    assert.equal(answer.json().text, '𝄞e\u0301/\b\f');
});

test('NUL is refused, raw and escaped', async () => {
    const headers = [['Content-Type', 'application/json']];
    for (const nul of ['\\u0000', '\0']) {
        const raw = `{"recipient":"${bob.name}","type":"text","text":"a${nul}b"}`;
        assertProblem(await alice.call('POST', '/messages', { raw, headers }), 400, 'malformed-request');
    }
});

test('the longest text of the widest characters', async () => {
    const text = '\u{10ffff}'.repeat(4000);
    await alice.send({ recipient: bob.name, type: 'text', text });
    assert.equal((await bob.read(`/messages?with=${alice.name}&page=1&per_page=1`)).messages[0].text, text);
});

test('display names and captions, too', async () => {
    const name = 'Ünï 🦊 שלום e\u0301';
    const erin = await newcomer('erin', { display_name: name });
    assert.equal((await alice.read(`/users/${erin.name}`)).display_name, name);
    const caption = 'مرحبا\r\n🦊';
    await erin.send({
        recipient: alice.name,
        type: 'image',
        url: 'https://example.org/ä?q=🦊',
        width: 1,
        height: 1,
        text: caption,
    });
    const { messages } = await alice.read(`/messages?with=${erin.name}`);
    assert.deepEqual([messages[0].text, messages[0].url], [caption, 'https://example.org/ä?q=🦊']);
});
