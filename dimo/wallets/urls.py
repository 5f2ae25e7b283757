"""Linking a wallet and signing in with one."""

from django.urls import path

from dimo.wallets import views

urlpatterns = [
    path("nonce/", views.nonce, name="wallet-nonce"),
    path("link/", views.link, name="wallet-link"),
    path("sign-in/", views.sign_in, name="wallet-sign-in"),
    path("<int:wallet_id>/unlink/", views.unlink, name="wallet-unlink"),
]
