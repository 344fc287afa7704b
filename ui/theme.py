"""Colours and type: neutral grey throughout, so that nothing on the page tints the picture. Colour means state."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

CSS = Path(__file__).parent / "theme.css"
"""Layout rules; they take their colours from the theme's own variables."""

PAGE, PANEL, CONTROL, RAISED, VIEWER = "#161616", "#1e1e1e", "#292929", "#363636", "#121212"
LINE, BORDER = "#333333", "#767676"
TEXT, SECONDARY, QUIET = "#e8e8e8", "#b4b4b4", "#9a9a9a"
ACCENT, ON_ACCENT, BRIGHT = "#74aede", "#101010", "#8fc0e8"
OK, WARN, ERROR = "#7dbb87", "#e0aa55", "#ef8a80"
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif")
FIXED = ("ui-monospace", "Consolas", "DejaVu Sans Mono", "monospace")

HEAD = f"""<meta name="color-scheme" content="dark">
<style>:root {{ --photoplay-viewer: {VIEWER}; --photoplay-raised: {RAISED}; --photoplay-quiet: {QUIET};
--photoplay-line: {LINE}; --photoplay-ok: {OK}; --photoplay-warn: {WARN}; --photoplay-error: {ERROR}; }}</style>"""
"""What Gradio's theme has no name for."""

SURFACES = {
    "body_background_fill": PAGE,
    "background_fill_primary": PANEL,
    "background_fill_secondary": CONTROL,
    "block_background_fill": PANEL,
    "block_label_background_fill": CONTROL,
    "panel_background_fill": PANEL,
    "input_background_fill": CONTROL,
    "input_background_fill_focus": CONTROL,
    "input_background_fill_hover": CONTROL,
    "table_even_background_fill": PANEL,
    "table_odd_background_fill": CONTROL,
    "stat_background_fill": ACCENT,
    "error_background_fill": PANEL,
    "checkbox_background_color": CONTROL,
    "checkbox_background_color_selected": ACCENT,
    "checkbox_label_background_fill": CONTROL,
    "checkbox_label_background_fill_hover": RAISED,
    "checkbox_label_background_fill_selected": RAISED,
    "button_primary_background_fill": ACCENT,
    "button_primary_background_fill_hover": BRIGHT,
    "button_secondary_background_fill": RAISED,
    "button_secondary_background_fill_hover": BORDER,
    "slider_color": ACCENT,
    "color_accent_soft": RAISED,
}
WORDS = {
    "body_text_color": TEXT,
    "body_text_color_subdued": SECONDARY,
    "block_info_text_color": QUIET,
    "block_label_text_color": SECONDARY,
    "block_title_text_color": SECONDARY,
    "checkbox_label_text_color": TEXT,
    "checkbox_label_text_color_selected": TEXT,
    "input_placeholder_color": QUIET,
    "error_text_color": ERROR,
    "link_text_color": ACCENT,
    "link_text_color_hover": BRIGHT,
    "link_text_color_active": ACCENT,
    "link_text_color_visited": ACCENT,
    "button_primary_text_color": ON_ACCENT,
    "button_primary_text_color_hover": ON_ACCENT,
    "button_secondary_text_color": TEXT,
    "button_secondary_text_color_hover": TEXT,
    "loader_color": ACCENT,
}
EDGES = {
    "border_color_primary": LINE,
    "border_color_accent": ACCENT,
    "border_color_accent_subdued": ACCENT,
    "block_border_color": LINE,
    "block_border_width": "0px",
    "block_label_border_color": LINE,
    "panel_border_color": LINE,
    "error_border_color": ERROR,
    "input_border_color": CONTROL,
    "input_border_color_hover": BORDER,
    "input_border_color_focus": ACCENT,
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "block_shadow": "none",
    "checkbox_border_color": BORDER,
    "checkbox_border_color_hover": ACCENT,
    "checkbox_border_color_focus": ACCENT,
    "checkbox_border_color_selected": ACCENT,
    "checkbox_label_border_color": LINE,
    "checkbox_label_border_color_hover": BORDER,
    "checkbox_label_border_color_selected": ACCENT,
    "button_primary_border_color": ACCENT,
    "button_secondary_border_color": RAISED,
}
SHARED = {
    "color_accent": ACCENT,
    "block_padding": "8px 12px",
    "block_radius": "4px",
    "input_radius": "3px",
    "layout_gap": "8px",
}
"""These have no light and dark kind."""


def theme() -> gr.themes.Base:
    """The theme, the same whether the browser asks for light or dark. Type 13 px, radius 3 to 4 px."""
    base = gr.themes.Base(text_size="sm", radius_size="sm", font=FONTS, font_mono=FIXED)
    colours = {**SURFACES, **WORDS, **EDGES}
    return base.set(**colours, **{f"{name}_dark": value for name, value in colours.items()}, **SHARED)
