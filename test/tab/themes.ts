/** What the host hands over of its themes, as far as the tab uses it. The values are those of Azure DevOps. */
export const light = {
  'palette-primary': '0, 120, 212',
  'background-color': 'rgba(255, 255, 255, 1)',
  'text-primary-color': 'rgba(0, 0, 0, .9)',
  'text-secondary-color': 'rgba(0, 0, 0, .55)',
};

export const dark = {
  'palette-primary': '0, 120, 212',
  'background-color': 'rgba(32, 31, 30, 1)',
  'text-primary-color': 'rgba(255, 255, 255, 1)',
  'text-secondary-color': 'rgba(255, 255, 255, .7)',
};
