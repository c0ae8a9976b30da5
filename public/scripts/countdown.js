// Counts a wait down. How long it is stands in data-seconds, since the reader's clock need not be the server's. At the
// end the words around it, but for a link beside them, become data-over, and the button beside it, which sent nothing
// until then, may be pressed.

const two = (number) => String(number).padStart(2, "0");

function read(left) {
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function count(timer) {
  const end = Date.now() + timer.dataset.seconds * 1000;
  const ticking = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      timer.textContent = read(left);
      return;
    }
    clearInterval(ticking);
    timer.closest("[data-waits]").querySelectorAll("button:disabled").forEach((button) => (button.disabled = false));
    timer.parentElement.textContent = timer.dataset.over;
  }, 1000);
}

document.querySelectorAll("[data-seconds]").forEach(count);
