"use strict";
// The before/after sliders: the range input holds the state, for keyboard and screen readers; the pointer moves the same
// input from anywhere on the image.
for (const example of document.querySelectorAll(".example")) {
  const frame = example.querySelector(".compare");
  const range = frame.querySelector("input[type=range]");
  const sides = { left: frame.querySelector(".before"), right: frame.querySelector(".after") };
  const corners = { left: frame.querySelector(".corner.left"), right: frame.querySelector(".corner.right") };
  const first = { left: sides.left.dataset.role, right: sides.right.dataset.role };
  const buttons = [...example.querySelectorAll(".thumbnail")];
  // Read once: the frame's two pictures change below.
  const pictures = {};
  for (const image of example.querySelectorAll("img[data-role]")) {
    pictures[image.dataset.role] = { uri: image.src, name: image.dataset.name };
  }

  const show = () => {
    frame.style.setProperty("--cut", range.value + "%");
    const [left, right] = [corners.left.textContent, corners.right.textContent];
    range.setAttribute("aria-valuetext", `${range.value} % ${left}, ${100 - range.value} % ${right}`);
  };
  const put = (roles) => {
    for (const side of ["left", "right"]) {
      const picture = pictures[roles[side]];
      sides[side].src = picture.uri;
      sides[side].alt = picture.name;
      corners[side].textContent = picture.name;
    }
    for (const button of buttons) {
      const on = button.dataset.left === roles.left && button.dataset.right === roles.right;
      button.setAttribute("aria-pressed", String(on));
    }
    show();
  };
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    range.value = Math.round((100 * (event.clientX - box.left)) / box.width);
    show();
  };

  range.addEventListener("input", show);
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true, focusVisible: false });
    follow(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) follow(event);
  });
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      put(on ? first : button.dataset);
    });
  }
  show(); // a browser may have kept the value from before a reload
}
// Kubeflow's user interface frames the page as a text without an address, where a link within the page would leave it.
if (location.protocol === "about:") {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = document.getElementById(link.getAttribute("href").slice(1));
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    });
  }
  // Nothing lies beside such a page.
  for (const link of document.querySelectorAll('a:not([href^="#"])')) link.removeAttribute("href");
}
// The end of a log says why the run ended.
for (const log of document.querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
// The newest run stands at the right of a chart that is wider than a phone.
for (const frame of document.querySelectorAll(".gains-frame.newest")) frame.scrollLeft = frame.scrollWidth;
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
