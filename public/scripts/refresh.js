// Keeps parts of a page fresh. What carries an id and data-refresh is asked for again after so many seconds and then says
// what the same page says there now, until it no longer carries data-refresh or the page is answered with anything but
// 200. Nothing is asked while the tab is hidden, nothing changed while the part has the focus. Asking is no activity: it
// keeps no session alive.

async function today(id) {
  const answer = await fetch(location.href, { headers: { "x-gatehouse-poll": "1" }, redirect: "manual" });
  if (answer.status !== 200) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Shapes that the page did not draw before.
  for (const symbol of page.querySelectorAll(".sprite > symbol")) {
    if (!document.getElementById(symbol.id)) document.querySelector(".sprite").append(symbol);
  }
  return page.getElementById(id);
}

function keep(part) {
  const hasFocus = () => part.contains(document.activeElement);
  const wait = () => setTimeout(turn, part.dataset.refresh * 1000);

  async function turn() {
    if (document.hidden) return document.addEventListener("visibilitychange", turn, { once: true });
    if (hasFocus()) return wait();
    let next;
    try {
      next = await today(part.id);
    } catch {
      // No network at the moment.
      return wait();
    }
    if (!next) return;
    // The part itself stays, so that readers hear what is new in it.
    if (!hasFocus()) {
      if (part.innerHTML !== next.innerHTML) part.replaceChildren(...next.childNodes);
      if (!next.dataset.refresh) return part.removeAttribute("data-refresh");
    }
    wait();
  }

  wait();
}

document.querySelectorAll("[id][data-refresh]").forEach(keep);
