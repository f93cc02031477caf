/** An error of the project, told to its author as it is. */
export class BuildError extends Error {}
