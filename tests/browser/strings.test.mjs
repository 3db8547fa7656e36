// The strings of the client: each that is asked for is there, each that is there is asked for. No browser is needed.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { document as openapi } from '../e2e/support/contract.mjs';

const www = new URL('../../nginx/www/', import.meta.url);
const read = (path) => readFileSync(new URL(path, www), 'utf8');
const modulesIn = (folder) => readdirSync(new URL(folder, www)).filter((name) => name.endsWith('.js')).map((name) => folder + name);

const page = read('index.html');
const sources = ['client/', 'client/model/', 'client/view/'].flatMap(modulesIn).map(read);
// Node takes a .js outside of a package for CommonJS, which these modules are not.
const load = (source) => import(`data:text/javascript,${encodeURIComponent(source)}`);
const { strings } = await load(read('client/language/en.js'));
const keys = Object.keys(strings);

const matches = (pattern) => sources.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1]));
const dataTexts = [...page.matchAll(/<(\w+)[^>]* data-text="([^"]+)"[^>]*>([^<]*)</g)].map(([, , key, text]) => ({ key, text }));

// What stands in the keys that are put together, and where it comes from.
const codes = [...openapi.components.schemas.FieldError.properties.code.enum, ...matches(/\bcode: '([\w-]+)'/g)];
const problems = [...read('problems.html').matchAll(/<section[^>]* id="([^"]+)"/g)].map(([, id]) => id);
const fields = [...new Set([...matches(/\binput\('(\w+)'/g), ...[...page.matchAll(/ name="(\w+)"/g)].map(([, name]) => name)])];
const composed = {
    '`notifications.${state}`': ['unsupported', 'denied', 'on', 'off'].map((state) => `notifications.${state}`),
    '`notifications.turn-${button}`': ['on', 'off'].map((button) => `notifications.turn-${button}`),
    '`message.${message.type}`': ['text', 'image', 'video'].map((type) => `message.${type}`),
    '`message.${state}`': ['waiting', 'refused'].map((state) => `message.${state}`),
    '`field.${name}`': matches(/\binput\('(\w+)'/g).map((name) => `field.${name}`),
};
// These are looked for with has(), and need not be there.
const optional = {
    '`problem.${error.kind}`': problems.map((kind) => `problem.${kind}`),
    '`field.${code}`': codes.map((code) => `field.${code}`),
    '`field.${field}.${code}`': [...fields, 'text', 'url', 'duration_s'].flatMap((field) => codes.map((code) => `field.${field}.${code}`)),
};

const namespaces = new Set(keys.map((key) => key.split('.')[0]));
const literals = matches(/'([a-z]+\.[a-z_-]+(?:\.[a-z_-]+)*)'/g).filter((key) => namespaces.has(key.split('.')[0]));
const written = [...literals, ...dataTexts.map(({ key }) => key), ...Object.values(composed).flat()];

test('the keys that are put together are those that this test knows', () => {
    const found = matches(/(`(?:[a-z]+)\.[^`\n]*\$\{[^`\n]*`)/g).filter((key) => namespaces.has(key.slice(1).split('.')[0]));
    assert.deepEqual([...new Set(found)].sort(), [...Object.keys(composed), ...Object.keys(optional)].sort());
});

test('each string that is asked for is there', () => {
    assert.ok(written.length > 100, 'the sources are read');
    assert.deepEqual([...new Set(written.filter((key) => !(key in strings)))], []);
});

test('each string that is there is asked for', () => {
    const asked = new Set([...written, ...Object.values(optional).flat()]);
    assert.deepEqual(keys.filter((key) => !asked.has(key)), []);
});

test('index.html says by itself what the strings say', () => {
    assert.equal(dataTexts.length, page.split('data-text="').length - 1);
    for (const { key, text } of dataTexts) assert.equal(text, strings[key], key);
});

test('what has a form for each number has one for all others', () => {
    for (const [key, entry] of Object.entries(strings)) {
        if (typeof entry === 'string') assert.notEqual(entry.trim(), '', key);
        else assert.deepEqual(Object.keys(entry), ['one', 'other'], key);
    }
});
