"""The look of netspec.look in Qt: palette, fonts and style sheet, in light and dark."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gui.settings import theme_choice
from netspec.look import DARK, FAMILY_COLOURS, LIGHT, Theme

BODY, SECONDARY, TITLE = 13, 11, 15
"""Text sizes in pixels."""
PREPARED = "netspec prepared"
"""Property of the application: the window's colour of the theme that was applied last."""
BAR = 4
"""Width in pixels of the bar that tells a layer's family."""


def system_theme() -> Theme:
    """Dark when the system says so, otherwise light."""
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply_chosen_theme() -> None:
    """The theme of the settings: light, dark, or as the system."""
    apply_theme({"light": LIGHT, "dark": DARK}.get(theme_choice()) or system_theme())


def current_theme() -> Theme:
    """The theme that was applied last."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window) else LIGHT


def family_colour(family: str) -> QColor:
    """The colour of a layer family, the same in every mode."""
    return QColor(FAMILY_COLOURS.get(family, FAMILY_COLOURS["shape"]))


def code_font() -> QFont:
    """The system's monospaced font in body size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(BODY)
    return font


def apply_theme(theme: Theme) -> None:
    """Give the whole application these colours; widgets that paint themselves ask `current_theme`."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    if app.property(PREPARED) == theme.window:  # each of these goes through all widgets again
        return
    if app.property(PREPARED) is None:
        app.setStyle("fusion")
        font = QFont(app.font())
        font.setPixelSize(BODY)
        font.setFeature(QFont.Tag("tnum"), 1)
        app.setFont(font)
    app.setProperty(PREPARED, theme.window)
    app.setPalette(_palette(theme))
    app.setStyleSheet(_style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window, role.Base: theme.surface, role.AlternateBase: theme.window,
        role.Button: theme.window, role.ToolTipBase: theme.surface,
        role.WindowText: theme.text, role.Text: theme.text, role.ButtonText: theme.text, role.ToolTipText: theme.text,
        role.PlaceholderText: theme.secondary, role.Mid: theme.line,
        role.Highlight: theme.selection, role.HighlightedText: theme.text, role.Link: theme.accent,
    }  # fmt: skip
    palette = QPalette()
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.secondary))
    return palette


def _style_sheet(theme: Theme) -> str:
    return f"""
    QMainWindow, QStatusBar {{ background: {theme.window}; }}
    QMenuBar {{ background: {theme.window}; border-bottom: 1px solid {theme.line}; padding: 2px 4px; }}
    QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected, QMenu::item:selected {{ background: {theme.selection}; color: {theme.text}; }}
    QMenu {{ background: {theme.surface}; border: 1px solid {theme.line}; padding: 4px; }}
    QMenu::item {{ padding: 4px 24px 4px 12px; border-radius: 4px; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 4px 8px; }}
    QStatusBar {{ border-top: 1px solid {theme.line}; }}
    QStatusBar::item {{ border: none; }}
    QToolTip {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.line}; padding: 4px; }}
    QTableView, QTreeView, QPlainTextEdit, #placeholder {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px;
        selection-background-color: {theme.selection}; selection-color: {theme.text};
    }}
    QTableView, QTreeView {{ outline: none; }}
    QTableView::item, QTreeView::item {{ padding: 0 8px; border: none; }}
    #loads::item {{ padding: 0 5px; }}
    #loads QHeaderView::section {{ padding: 4px 8px; }}
    #problems::item {{ padding: 6px 8px; }}
    QTableView::item:selected, QTreeView::item:selected {{ background: {theme.selection}; color: {theme.text}; }}
    QHeaderView {{ background: {theme.surface}; border: none; border-radius: 6px; }}
    QHeaderView::section {{
        background: transparent; color: {theme.secondary}; border: none; border-bottom: 1px solid {theme.line};
        padding: 5px 11px; font-size: {SECONDARY}px;
    }}
    QSplitter::handle {{ background: transparent; }}
    #panelTitle {{ font-size: {BODY}px; font-weight: 600; }}
    #pageTitle {{ font-size: 22px; font-weight: 600; }}
    #placeholder {{ color: {theme.secondary}; }}
    QListView {{ background: transparent; border: none; outline: none; }}
    QScrollBar {{ background: transparent; border: none; margin: 2px; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar::handle {{ background: {theme.line}; border-radius: 3px; min-width: 24px; min-height: 24px; }}
    QScrollBar::handle:hover {{ background: {theme.secondary}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    #secondary {{ color: {theme.secondary}; }}
    #status {{ color: {theme.secondary}; }}
    #banner {{
        background: {theme.surface}; border: 1px solid {theme.warning}; border-radius: 6px; padding: 6px 12px;
        color: {theme.text};
    }}
    QPushButton {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; padding: 6px 16px;
    }}
    QPushButton:hover, QPushButton:focus {{ border-color: {theme.accent}; }}
    QPushButton#statusButton {{ border: none; background: transparent; padding: 2px 8px; color: {theme.secondary}; }}
    QPushButton#statusButton:hover, QPushButton#statusButton:focus {{ color: {theme.text}; background: {theme.selection}; }}
    QToolBar#toolbar {{
        background: {theme.window}; border: none; border-bottom: 1px solid {theme.line}; padding: 0; spacing: 2px;
    }}
    QToolBar#toolbar::separator {{ background: {theme.line}; width: 1px; margin: 6px 6px; }}
    QToolBar#toolbar QToolButton {{ border: none; border-radius: 6px; padding: 4px 6px; margin: 4px 1px; color: {theme.text}; }}
    QToolBar#toolbar QToolButton:hover {{ background: {theme.selection}; }}
    QToolBar#toolbar QToolButton:focus {{ border: 1px solid {theme.accent}; }}
    QLineEdit#search {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; padding: 4px 8px;
    }}
    QLineEdit#search:focus {{ border-color: {theme.accent}; }}
    QTabWidget::pane {{ border: none; }}
    QTabBar::tab {{
        background: transparent; color: {theme.secondary}; padding: 6px 10px; border: none;
        border-bottom: 2px solid transparent;
    }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar::tab:focus {{ color: {theme.accent}; }}
    QToolButton#runButton, QToolButton#runChoice {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; padding: 3px 8px; min-height: 18px;
    }}
    QToolButton#runButton[popupMode="1"] {{ padding-right: 22px; }}
    QToolButton#runButton::menu-button {{ border: none; border-left: 1px solid {theme.line}; width: 16px; }}
    QToolButton#runButton:hover, QToolButton#runChoice:hover, QToolButton#runButton:focus, QToolButton#runChoice:focus {{
        border-color: {theme.accent};
    }}
    QToolButton#runButton:disabled {{ color: {theme.secondary}; }}
    QToolButton#runChoice::menu-indicator {{ image: none; }}
    QSpinBox#runNumber {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; min-height: 24px; }}
    QSpinBox#runNumber::up-button, QSpinBox#runNumber::down-button {{ width: 0; border: none; }}
    QSpinBox#runNumber:focus {{ border-color: {theme.accent}; }}
    QToolButton#runChoice[isChosen="true"], QSpinBox#runNumber[isChosen="true"] {{
        border-color: {theme.accent}; color: {theme.accent};
    }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {theme.line}; }}
    QSlider::sub-page:horizontal {{ background: {theme.accent}; border-radius: 2px; }}
    QSlider::sub-page:horizontal:disabled {{ background: {theme.line}; }}
    QSlider::handle:horizontal {{
        background: {theme.surface}; border: 1px solid {theme.secondary}; width: 12px; margin: -5px 0; border-radius: 7px;
    }}
    QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border: 2px solid {theme.accent}; width: 10px; }}
    QProgressBar {{
        background: {theme.line}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; color: transparent;
    }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QPushButton#primary {{ background: {theme.accent}; border-color: {theme.accent}; color: {theme.surface}; }}
    #canvas {{ border: 1px solid {theme.line}; border-radius: 6px; }}
    #findBar, #zoomBar {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; }}
    #marker {{
        background: {theme.surface}; border: 1px solid {theme.warning}; border-radius: 6px; padding: 4px 10px;
        color: {theme.text};
    }}
    #paletteSearch {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; padding: 4px 8px;
    }}
    #paletteSearch:focus {{ border-color: {theme.accent}; }}
    #zoomBar QToolButton, #findBar QToolButton {{ border: none; border-radius: 4px; padding: 2px 6px; }}
    #zoomBar QToolButton:hover, #findBar QToolButton:hover {{ background: {theme.selection}; }}
    #findBar QLineEdit {{ border: none; background: transparent; padding: 2px 4px; }}
    #palette {{ border: none; background: transparent; outline: none; }}
    #palette::item:hover {{ background: {theme.surface}; }}
    #palette::item:selected {{ background: {theme.selection}; color: {theme.text}; }}
    #renameField {{
        background: {theme.surface}; border: 1px solid {theme.accent}; border-radius: 4px; padding: 0 4px;
        font-weight: 600;
    }}
    QPushButton#small {{ padding: 3px 10px; }}
    QPushButton:disabled {{ color: {theme.secondary}; border-color: {theme.line}; }}
    #totals {{ border-top-left-radius: 0; border-top-right-radius: 0; }}
    #completion {{ background: {theme.surface}; border: 1px solid {theme.line}; }}
    #form, #form > QWidget > QWidget {{ background: {theme.window}; border: none; }}
    #form QLineEdit, #form Spin, #form QComboBox {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 5px; min-height: 20px;
        selection-background-color: {theme.selection}; selection-color: {theme.text};
    }}
    #form QLineEdit, #form QComboBox {{ padding: 1px 6px; placeholder-text-color: {theme.secondary}; }}
    #form Spin QLineEdit {{ border: none; padding: 1px 2px 1px 6px; background: transparent; }}
    #form QLineEdit:focus, #form QComboBox:focus {{ border-color: {theme.accent}; }}
    #form Spin QLineEdit:focus {{ border: 1px solid {theme.accent}; border-radius: 5px; }}
    #form QLineEdit[isDefault="true"], #form QComboBox[isDefault="true"] {{ color: {theme.secondary}; }}
    #form QComboBox::drop-down {{ border: none; width: 18px; }}
    #form QComboBox::down-arrow {{ image: none; }}
    #form Spin QToolButton {{ border-radius: 2px; padding: 0; }}
    #form QToolButton {{ border: none; background: transparent; border-radius: 4px; padding: 2px; }}
    #form QToolButton:hover, #form QToolButton:focus {{ background: {theme.selection}; }}
    #form #nameField {{ font-size: {TITLE}px; font-weight: 600; }}
    #form QPushButton#small {{ background: {theme.surface}; border: 1px solid {theme.line}; }}
    #form QPushButton#small:hover, #form QPushButton#small:focus {{ border-color: {theme.accent}; }}
    #form #formCard {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; }}
    #form #formCard QWidget {{ background: transparent; }}
    #formTitle {{ font-size: {TITLE}px; font-weight: 600; }}
    #formGroup {{ color: {theme.secondary}; font-size: {SECONDARY}px; padding-top: 8px; border-top: 1px solid {theme.line}; }}
    #formNote {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-left: 3px solid {theme.accent};
        border-radius: 4px; padding: 6px 8px; color: {theme.text};
    }}
    #fieldError {{ font-size: 12px; }}
    #facts {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px; }}
    #freeze {{ padding: 3px 10px; }}
    #freeze:checked {{ border: 1px dashed {theme.frozen}; color: {theme.frozen}; }}
    #form #sectionHead {{ font-weight: 600; padding: 4px 6px 4px 2px; }}
    #completionDocs {{ padding: 6px 10px; border-left: 1px solid {theme.line}; color: {theme.secondary}; }}
    """
