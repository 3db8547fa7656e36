// All that the client says comes from one file of strings, by key: a language is one more file in language/ and one more line here.

import * as en from './language/en.js';

const languages = { en };

function choose() {
    const wanted = navigator.languages.map((tag) => tag.split('-')[0]).find((tag) => tag in languages);
    return wanted ?? 'en';
}

const language = choose();
const { strings } = languages[language];
// Days, times and numbers as the reader's country writes them, where the browser says which it is.
const locale = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
const plural = new Intl.PluralRules(language);

/**
 * The string `key` with each {name} filled in from `values`. Where the language has several forms, `values.count` chooses. A text is
 * isolated, so that one which runs the other way turns nothing around it.
 */
export function t(key, values = {}) {
    const entry = strings[key];
    if (entry === undefined) throw new Error(`no string '${key}'`);
    const form = typeof entry === 'string' ? entry : (entry[plural.select(values.count)] ?? entry.other);
    return form.replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return typeof value === 'number' ? value.toLocaleString(locale) : isolate(value);
    });
}

/** Keeps the direction of a text to itself (Unicode's UAX #9): it closes nothing that it has not opened, and leaves nothing open. */
export function isolate(text) {
    let open = 0;
    const closed = String(text).replace(/[\u2066-\u2069]/g, (mark) => {
        if (mark !== '\u2069') open++;
        else if (open === 0) return '';
        else open--;
        return mark;
    });
    return `\u2068${closed}${'\u2069'.repeat(open + 1)}`;
}

/** Whether there is a string with this key. */
export const has = (key) => key in strings;

/** Puts the chosen language into a static page: data-text="key" says what an element's text is. */
export function translate(root) {
    document.documentElement.lang = language;
    for (const element of root.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text);
}

// Days and times. The formats are made once: making one costs more than a page of messages.
const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const thisYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const anyYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const shortYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysAgo = (date) => Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);

const capital = (text) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);

/** 'Today', 'Yesterday', 'Friday, 20 November', '20 November 2025'. */
export function formatDay(date) {
    const days = daysAgo(date);
    if (days >= 0 && days <= 1) return capital(relative.format(-days, 'day'));
    return (date.getFullYear() === new Date().getFullYear() ? thisYear : anyYear).format(date);
}

/** '14:05' */
export const formatClock = (date) => clock.format(date);

/** The same for a place that has no room: the clock today, the day before that. */
export function formatShort(date) {
    if (daysAgo(date) <= 0) return clock.format(date);
    return (date.getFullYear() === new Date().getFullYear() ? short : shortYear).format(date);
}

/** Day, year and clock. */
export const formatFull = (date) => full.format(date);

/** 3725 → '1:02:05' */
export function formatLength(seconds) {
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (n) => String(n).padStart(2, '0');
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** '1:02:05', '3:25' or '205' → seconds; NaN where it is no length. */
export function parseLength(text) {
    if (!/^\d{1,6}(:[0-5]?\d){0,2}$/.test(text.trim())) return NaN;
    return text.trim().split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
