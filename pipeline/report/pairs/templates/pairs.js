"use strict";
// Input and target alternate in one place, so that the eye sees a shift by one pixel as a jump; only after a click.
for (const figure of document.querySelectorAll(".blink")) {
  const frame = figure.querySelector(".blinker");
  const which = figure.querySelector(".which");
  const button = figure.querySelector("button");
  let timer = 0;
  const show = (other) => {
    frame.classList.toggle("other", other);
    which.textContent = other ? "target" : "input";
  };
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    clearInterval(timer);
    show(false);
    if (on) timer = setInterval(() => show(!frame.classList.contains("other")), 400);
  });
  frame.addEventListener("click", () => show(!frame.classList.contains("other")));
}
// Paper cannot unfold: everything is open while printing, and folded again afterwards.
const opened = [];
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    opened.push(part);
  }
});
addEventListener("afterprint", () => {
  for (const part of opened.splice(0)) part.open = false;
});
