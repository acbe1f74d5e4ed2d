// What the crawl asks of a page; looking.py puts this into it.
const looking = {
  // What a page is made of, whatever it says: every way from the root to an element, once.
  shape(root) {
    const ways = new Set();
    const walk = (element, before) => {
      const marks = ["type", "hidden", "aria-invalid", "data-color", "data-content"]
        .filter((name) => element.hasAttribute(name)).map((name) => `${name}=${element.getAttribute(name)}`);
      const way = `${before}>${[element.localName, ...element.classList, ...marks].join(" ")}`;
      ways.add(way);
      for (const child of element.children) walk(child, way);
    };
    walk(root, "");
    return [...ways].sort().join("\n");
  },

  // The ways to send a page's forms: each form by each of its buttons.
  forms(page, address) {
    return [...page.forms].flatMap((form, n) => form.method !== "post" ? [] :
      [...form.querySelectorAll("button[type=submit], button:not([type])")].map((button, b) => ({
        form: n, button: b, name: `${button.name}=${button.textContent.trim()}`,
        // Not form.action, which is a field where one is called so.
        action: new URL(form.getAttribute("action") ?? "", address).href,
      })));
  },

  // Shape, links and forms of a page that has been fetched and not opened; `filled`: whether scripts put more into it.
  glance([html, address]) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return {
      shape: looking.shape(page.body),
      links: [...page.querySelectorAll("a[href]")].map((one) => new URL(one.getAttribute("href"), address).href),
      forms: looking.forms(page, address),
      filled: page.querySelector("[data-card]") !== null,
    };
  },

  // What axe finds, by these rules or all; what is folded on the page is unfolded meanwhile.
  async axe(rules) {
    const folded = document.querySelectorAll("main details:not([open])");
    folded.forEach((one) => { one.open = true; });
    const found = await axe.run({
      resultTypes: ["violations"],
      iframes: false,
      // The style sheets, which axe would parse again each time for one rule about locked orientation.
      preload: false,
      ...(rules ? { runOnly: rules } : {}),
    });
    folded.forEach((one) => { one.open = false; });
    return found.violations.flatMap((rule) => rule.nodes.map((node) =>
      [rule.id, node.target, node.html.slice(0, 160), ...node.failureSummary.split("\n").slice(1, 3)].join(" | ")));
  },
  // What reaches beyond the screen, as the page is and with a word of seventy letters before every text. Buttons, menus
  // and other words that are the program's own stay as they are; a table may scroll in its own frame.
  wider() {
    const room = document.documentElement.clientWidth;
    const beyond = () => document.documentElement.scrollWidth <= room ? [] :
      [...document.querySelectorAll("body *")]
        .filter((one) => one.getBoundingClientRect().right > room + 1 && !one.closest(".panel-table, .panel-trap"))
        .slice(0, 4).map((one) => `${one.localName}.${one.className} reaches ${one.getBoundingClientRect().right} px`);
    const ours = "script, style, svg, option, button, .ds-button, summary, nav, footer, .ds-skip-link";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
      const text = walker.currentNode;
      if (text.data.trim() && !text.parentElement.closest(ours)) texts.push(text);
    }
    const found = beyond();
    const before = texts.map((text) => text.data);
    for (const text of texts) text.data = `Sammensetningsord${"e".repeat(53)} ${text.data}`;
    const lengthened = beyond().map((one) => `with a word of seventy letters ${one}`);
    texts.forEach((text, n) => { text.data = before[n]; });
    return [...found, ...lengthened];
  },

  // What takes focus without a ring that is seen in forced colours too (a shadow is not), and bars that are one colour.
  unseen() {
    const faults = [];
    const focused = document.activeElement;
    for (const one of document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex='0']")) {
      if (one.type === "hidden" || one.tabIndex < 0 || one.closest(".panel-trap") || !one.checkVisibility()) continue;
      one.focus({ focusVisible: true });
      if (document.activeElement !== one) continue;
      const around = [one, one.closest(".ds-field, .panel-scale__step")].filter(Boolean).map((each) => getComputedStyle(each));
      if (!around.some((style) => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2))
        faults.push(`no focus ring: ${one.outerHTML.slice(0, 120)}`);
    }
    focused?.focus();
    for (const chart of document.querySelectorAll(".panel-chart")) {
      const fills = (name) => [...chart.querySelectorAll(`:is(rect, path).${name}`)].map((one) => getComputedStyle(one).fill);
      const rests = fills("rest");
      if (fills("mark").some((fill) => rests.includes(fill))) faults.push("a chart's mark looks like its rest");
    }
    return faults;
  },
};
