"""The floor's routes."""

from django.urls import path

from benchmarks.floor.views import AsyncGate, Devices, Dispatch, Gate, Verify

urlpatterns = [
    path("gate/", Gate.as_view()),
    path("gate-async/", AsyncGate.as_view()),
    path("devices/", Devices.as_view()),
    path("devices/<int:pk>/", Verify.as_view()),
    path("devices/<int:pk>/dispatch/", Dispatch.as_view()),
]
