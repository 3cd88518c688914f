/** Pictures that are wider than a small screen begin where most of what they show is. */
export function push(): void {
  for (const region of document.querySelectorAll<HTMLElement>(".chart .wide")) {
    if (region.scrollWidth <= region.clientWidth) continue;
    const left = region.getBoundingClientRect().left;
    const places = [...region.querySelectorAll(".mark, .spot")]
      .map((mark) => mark.getBoundingClientRect())
      .map((box) => box.left + box.width / 2 - left)
      .sort((a, b) => a - b);
    const middle = places[Math.floor(places.length / 2)];
    if (middle !== undefined) region.scrollLeft = middle - region.clientWidth / 2;
  }
}
