/** Told to the host with the workflow types. */
export const SDK_NAME = '@dalsegno/workflow';
export const SDK_VERSION = '0.1.0';
