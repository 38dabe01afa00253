import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Finds "drf-mfa" where tsconfig.json says, which is above this folder. With the package from npm neither is needed.
  resolve: { tsconfigPaths: true },
  server: {
    fs: { allow: ["../.."] },
    proxy: { "/api": { target: "http://localhost:8000" } }, // its name stays that of the page, as Django's check wants
  },
});
