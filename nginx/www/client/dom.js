// Making and finding elements. What users wrote only ever becomes a text node or an attribute's value, never markup.

/**
 * Makes an element: `h('a', { href, class: 'name' }, 'text', child)`. A property whose name starts with `on` is a listener; `true` is
 * an attribute without a value; `false`, `null` and `undefined` leave the attribute, or the child, out.
 */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === false || value === null || value === undefined) continue;
        if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/** An icon of icons.svg, which stands for nothing by itself: the button around it has a label. */
export function icon(name) {
    const namespace = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(namespace, 'svg');
    const use = document.createElementNS(namespace, 'use');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `${new URL('icons.svg', import.meta.url)}#${name}`);
    svg.append(use);
    return svg;
}

/** A text for a screen reader alone. */
export const hidden = (text) => h('span', { class: 'visually-hidden' }, text);

/** What an icon says, for those who point at it and those who hear it: `h('button', …, labelledIcon('send', text))`. */
export const labelledIcon = (name, text) => [icon(name), hidden(text)];

/** A button that shows an icon alone. */
export const iconButton = (name, text, attributes) =>
    h('button', { type: 'button', class: 'icon-button', title: text, ...attributes }, labelledIcon(name, text));

/** Makes `parent` have exactly these children, in this order. What stands where it should is not moved, and so keeps the focus. */
export function setChildren(parent, children) {
    const wanted = new Set(children);
    for (const child of [...parent.childNodes]) {
        if (!wanted.has(child)) child.remove();
    }
    let at = parent.firstChild;
    for (const child of children) {
        if (child === at) at = at.nextSibling;
        else parent.insertBefore(child, at);
    }
}

/** Says something to a screen reader, and to nobody else. */
export function announce(text) {
    const region = document.getElementById('announcer');
    region.append(h('p', {}, text));
    while (region.childElementCount > 5) region.firstChild.remove();
}
