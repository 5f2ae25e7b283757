"""Pages of the ground: landing, home, theme, style guide."""

from django.urls import path

from dimo.pages import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("home/", views.home, name="home"),
    path("theme/", views.theme, name="theme"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
