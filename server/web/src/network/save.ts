/** Takes the picture away as it is seen: colours and lines are written into it, so that it needs no style sheet. */

const KEPT = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-style",
  "font-weight",
  "paint-order",
  "text-anchor",
];

export function asSvg(picture: SVGSVGElement, title: string, paper: string): string {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const { width, height } = picture.getBoundingClientRect();
  const [seen, copied] = [picture.querySelectorAll("*"), copy.querySelectorAll("*")];
  seen.forEach((element, at) => {
    const twin = copied[at];
    if (!twin) return;
    const style = getComputedStyle(element);
    if (style.display === "none") twin.setAttribute("data-out", "");
    else for (const name of KEPT) twin.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-label", "aria-pressed", "aria-hidden"])
      twin.removeAttribute(name);
  });
  for (const twin of [...copy.querySelectorAll("[data-out], .hit")]) twin.remove();
  for (const path of [...copy.querySelectorAll("path")]) {
    if (path.getAttribute("stroke") === "rgba(0, 0, 0, 0)" && path.getAttribute("fill") === "none")
      path.remove();
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  for (const name of ["class", "aria-label", "role"]) copy.removeAttribute(name);
  const namespace = "http://www.w3.org/2000/svg";
  const background = document.createElementNS(namespace, "rect");
  background.setAttribute("width", "100%");
  background.setAttribute("height", "100%");
  background.setAttribute("fill", paper);
  const name = document.createElementNS(namespace, "title");
  name.textContent = title;
  copy.prepend(name, background);
  return new XMLSerializer().serializeToString(copy);
}

function give(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function save(picture: SVGSVGElement, form: "svg" | "png", title: string): Promise<void> {
  const paper = getComputedStyle(document.body).backgroundColor;
  const text = asSvg(picture, title, paper);
  const drawn = new Blob([text], { type: "image/svg+xml" });
  if (form === "svg") return give(drawn, "portsmouth-1905.svg");
  const image = new Image();
  image.src = URL.createObjectURL(drawn);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const painted = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (painted) give(painted, "portsmouth-1905.png");
}
