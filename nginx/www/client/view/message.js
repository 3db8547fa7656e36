// How a message looks: text, image or video, and what is left of one that was deleted.

import { h, icon } from '../dom.js';
import { formatClock, formatFull, formatLength, t } from '../text.js';

const largestSide = 360; // of a preview, in CSS pixels
const smallestSide = 24;

/** A message in one line, for the inbox and for notifications. */
export function summary(message, mine) {
    const what = message.deleted_at
        ? t('message.deleted')
        : message.text?.replace(/\s+/gu, ' ') || t(`message.${message.type}`);
    return mine ? t('message.from-me', { text: what }) : what;
}

/** What a message consists of, without the bubble around it. */
export function messageContent(message) {
    if (message.deleted_at) return [h('p', { class: 'deleted' }, t('message.deleted'))];
    const text = message.text && h('p', { class: 'text', dir: 'auto' }, withLinks(message.text));
    if (message.type === 'image') return [image(message), text];
    if (message.type === 'video') return [video(message), text];
    return [text];
}

/** The time of a message, and whether it was edited. What is left of a deleted one has none. */
export function messageTime(message) {
    if (message.deleted_at) return [];
    const at = new Date(message.created_at);
    const edited = message.edited_at && h('span', { title: formatFull(new Date(message.edited_at)) }, ` · ${t('message.edited')}`);
    return [h('time', { datetime: at.toISOString(), title: formatFull(at) }, formatClock(at)), edited];
}

const isWebAddress = (url) => /^https?:\/\//i.test(url) && URL.canParse(url);

/** A link that tells the other site nothing, and can't reach back. Anything but http and https is shown as text. */
export function externalLink(url, ...content) {
    if (!isWebAddress(url)) return h('span', {}, ...content);
    return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', referrerpolicy: 'no-referrer' }, ...content);
}

/** The text with the web addresses in it as links. A full stop, bracket or quote at an address's end belongs to the sentence. */
function withLinks(text) {
    const parts = [];
    let at = 0;
    for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/giu)) {
        const url = match[0].replace(/[.,;:!?'"”’)\]}]+$/u, '');
        parts.push(text.slice(at, match.index), externalLink(url, h('bdi', {}, url)));
        at = match.index + url.length;
    }
    parts.push(text.slice(at));
    return parts.filter((part) => part !== '');
}

/** A size that keeps the shape and fits the preview, so that the space is there before the image is. */
function previewSize(width, height) {
    const scale = Math.min(1, largestSide / width, largestSide / height);
    return { width: Math.max(smallestSide, Math.round(width * scale)), height: Math.max(smallestSide, Math.round(height * scale)) };
}

function image({ url, width, height, text }) {
    const missing = h('span', { class: 'missing' }, icon('image'), t('message.image-missing'), ' ', h('bdi', {}, url));
    if (!isWebAddress(url)) return h('p', { class: 'image' }, missing);
    const picture = h('img', {
        ...previewSize(width, height),
        alt: text ? t('message.image-of', { text }) : t('message.image'),
        loading: 'lazy',
        decoding: 'async',
        referrerpolicy: 'no-referrer',
        onerror: () => picture.replaceWith(missing),
    });
    picture.src = url;
    return h('p', { class: 'image' }, externalLink(url, picture));
}

/** A card that loads nothing from anywhere until it is clicked; then YouTube's player takes its place, or the link opens. */
function video({ url, source = new URL(url).hostname, duration_s: seconds, text }) {
    const id = youtubeId(url);
    const about = [
        icon('play'),
        h('span', { class: 'title' }, h('bdi', {}, sourceName(source))),
        h('span', { class: 'length' }, formatLength(seconds), h('span', { class: 'visually-hidden' }, ` ${t('message.length')}`)),
        h('span', { class: 'address', dir: 'ltr' }, url.replace(/^https?:\/\/(www\.)?/i, '')),
    ];
    if (!id) return h('p', { class: 'video' }, externalLink(url, about));
    const card = h(
        'div',
        { class: 'video' },
        h('button', { type: 'button', onclick: () => play() }, about, h('span', { class: 'visually-hidden' }, ` ${t('message.play')}`)),
        h('p', { class: 'hint' }, externalLink(url, t('message.open-at', { source: sourceName(source) }))),
    );
    const play = () => {
        const player = h('iframe', {
            src: `https://www.youtube-nocookie.com/embed/${id}?autoplay=1`,
            title: text || t('message.player', { source: sourceName(source) }),
            allow: 'autoplay; encrypted-media; fullscreen; picture-in-picture',
            referrerpolicy: 'strict-origin-when-cross-origin', // the player refuses to play for nobody
            sandbox: 'allow-scripts allow-same-origin allow-popups allow-presentation',
            tabindex: '0',
        });
        card.querySelector('button').replaceWith(player);
        player.focus();
    };
    return card;
}

/** The id of a YouTube video behind any of its addresses, or nothing. */
export function youtubeId(url) {
    if (!URL.canParse(url)) return undefined;
    const { hostname, pathname, searchParams } = new URL(url);
    const host = hostname.replace(/^(www|m|music)\./, '');
    let id;
    if (host === 'youtu.be') id = pathname.slice(1);
    else if (host === 'youtube.com' || host === 'youtube-nocookie.com') {
        id = pathname === '/watch' ? searchParams.get('v') : pathname.match(/^\/(?:embed|shorts|live|v)\/([^/]+)/)?.[1];
    }
    return /^[\w-]{11}$/.test(id ?? '') ? id : undefined;
}

const names = { youtube: 'YouTube', vevo: 'Vevo', vimeo: 'Vimeo', dailymotion: 'Dailymotion', twitch: 'Twitch', tiktok: 'TikTok' };

/** A source as it writes itself. */
export const sourceName = (source) => names[source] ?? source;
